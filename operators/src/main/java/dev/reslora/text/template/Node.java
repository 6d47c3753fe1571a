package dev.reslora.text.template;

import java.util.List;

/** A piece of a template that writes text. */
interface Node {

  void render(Scope scope, StringBuilder out) throws TemplateException;

  /** One after the other. */
  static Node sequence(List<Node> nodes) {
    List<Node> all = List.copyOf(nodes);
    return (scope, out) -> {
      for (Node node : all) {
        node.render(scope, out);
      }
    };
  }
}
