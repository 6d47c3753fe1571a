package dev.reslora.text.template;

import dev.reslora.text.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Statements: if, for, set, and generation, which marks what an assistant says. */
final class Parser {

  private final TokenReader tokens;
  private final ExpressionParser expressions;

  private Parser(TokenReader tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  static Node parse(String source) throws TemplateException {
    Parser parser = new Parser(new TokenReader(Lexer.tokens(source)));
    Node all = parser.until(Set.of());
    if (parser.tokens.peek().kind() != Kind.END) {
      throw parser.tokens.peekSecond().wrong("a statement");
    }
    return all;
  }

  /** Up to a statement of one of the names, which is not taken, or to the end. */
  private Node until(Set<String> names) throws TemplateException {
    List<Node> nodes = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      if (token.kind() == Kind.END) {
        if (names.isEmpty()) {
          return Node.sequence(nodes);
        }
        throw token.wrong(String.join(" or ", names.stream().sorted().toList()));
      }
      if (token.kind() == Kind.DATA) {
        String text = tokens.next().text();
        nodes.add((scope, out) -> out.append(text));
      } else if (tokens.took(Kind.OPEN, "{{")) {
        Expression value = expressions.expression();
        tokens.expect(Kind.CLOSE, "}}");
        nodes.add((scope, out) -> out.append(Values.text(value.value(scope))));
      } else if (names.contains(tokens.peekSecond().text())) {
        return Node.sequence(nodes);
      } else {
        nodes.add(statement());
      }
    }
  }

  private Node statement() throws TemplateException {
    tokens.expect(Kind.OPEN, "{%");
    Token keyword = tokens.peek();
    return switch (tokens.name()) {
      case "if" -> branch();
      case "for" -> loop();
      case "set" -> assignment();
      case "generation" -> {
        close();
        Node said = until(Set.of("endgeneration"));
        end("endgeneration");
        yield said;
      }
      default -> throw keyword.wrong("if, for, set or generation, the statements known here");
    };
  }

  private void close() throws TemplateException {
    tokens.expect(Kind.CLOSE, "%}");
  }

  private void end(String name) throws TemplateException {
    tokens.expect(Kind.OPEN, "{%");
    tokens.expect(Kind.NAME, name);
    close();
  }

  private Node branch() throws TemplateException {
    Expression condition = expressions.expression();
    close();
    Node then = until(Set.of("elif", "else", "endif"));
    tokens.expect(Kind.OPEN, "{%");
    Node otherwise;
    if (tokens.tookName("elif")) {
      otherwise = branch();
    } else if (tokens.tookName("else")) {
      close();
      otherwise = until(Set.of("endif"));
      end("endif");
    } else {
      tokens.expect(Kind.NAME, "endif");
      close();
      otherwise = (scope, out) -> {};
    }
    return (scope, out) ->
        (Values.truth(condition.value(scope)) ? then : otherwise).render(scope, out);
  }

  private Node loop() throws TemplateException {
    List<String> names = new ArrayList<>(List.of(tokens.name()));
    while (tokens.took(",")) {
      names.add(tokens.name());
    }
    tokens.expect(Kind.NAME, "in");
    Expression over = expressions.or();
    Expression filter = tokens.tookName("if") ? expressions.expression() : null;
    close();
    Node body = until(Set.of("else", "endfor"));
    Node otherwise = (scope, out) -> {};
    if (tokens.peekSecond().is(Kind.NAME, "else")) {
      end("else");
      otherwise = until(Set.of("endfor"));
    }
    end("endfor");
    return new Loop(names, over, filter, body, otherwise);
  }

  private Node assignment() throws TemplateException {
    String name = tokens.name();
    String attribute = tokens.took(".") ? tokens.name() : null;
    if (attribute == null && tokens.took(Kind.CLOSE, "%}")) {
      Node body = until(Set.of("endset"));
      end("endset");
      return (scope, out) -> {
        StringBuilder text = new StringBuilder();
        body.render(scope, text);
        scope.set(name, text.toString());
      };
    }
    tokens.expect(Kind.OPERATOR, "=");
    Expression value = expressions.expression();
    close();
    if (attribute == null) {
      return (scope, out) -> scope.set(name, value.value(scope));
    }
    return (scope, out) -> {
      if (!(scope.get(name) instanceof Namespace namespace)) {
        throw new TemplateException("set: expected a namespace in '" + name + "'");
      }
      namespace.put(attribute, value.value(scope));
    };
  }

  /** What outlives a loop's body. */
  static final class Namespace extends LinkedHashMap<String, Object> {

    Namespace(Map<String, Object> values) {
      super(values);
    }
  }

  private record Loop(
      List<String> names, Expression over, @Nullable Expression filter, Node body, Node otherwise)
      implements Node {

    @Override
    public void render(Scope scope, StringBuilder out) throws TemplateException {
      List<Object> items = new ArrayList<>();
      for (Object item : Values.items(over.value(scope))) {
        if (filter == null || Values.truth(filter.value(bound(scope, item)))) {
          items.add(item);
        }
      }
      for (int i = 0; i < items.size(); i++) {
        Scope each = bound(scope, items.get(i));
        each.set("loop", place(items, i));
        body.render(each, out);
      }
      if (items.isEmpty()) {
        otherwise.render(scope, out);
      }
    }

    private Scope bound(Scope outer, Object item) throws TemplateException {
      Scope scope = new Scope(outer);
      if (names.size() == 1) {
        scope.set(names.get(0), item);
        return scope;
      }
      List<Object> parts = Values.items(item);
      if (parts.size() != names.size()) {
        throw Values.unfit(names.size() + " values in each item of a loop", item);
      }
      for (int i = 0; i < parts.size(); i++) {
        scope.set(names.get(i), parts.get(i));
      }
      return scope;
    }

    private static Map<String, Object> place(List<Object> items, int i) {
      Map<String, Object> loop = new LinkedHashMap<>();
      loop.put("index0", (long) i);
      loop.put("index", i + 1L);
      loop.put("revindex0", items.size() - i - 1L);
      loop.put("revindex", (long) items.size() - i);
      loop.put("length", (long) items.size());
      loop.put("first", i == 0);
      loop.put("last", i == items.size() - 1);
      loop.put("previtem", i == 0 ? Nothing.UNDEFINED : items.get(i - 1));
      loop.put("nextitem", i == items.size() - 1 ? Nothing.UNDEFINED : items.get(i + 1));
      return loop;
    }
  }
}
