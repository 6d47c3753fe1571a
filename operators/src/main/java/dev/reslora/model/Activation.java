package dev.reslora.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The non-linearities of feed-forward layers, under the names that configurations give them. */
public enum Activation {
  /** x Phi(x), exact (erf). */
  GELU("gelu", "gelu_python"),
  /** x Phi(x), approximated: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
  GELU_TANH("gelu_new", "gelu_pytorch_tanh", "gelu_fast"),
  /** max(x, 0). */
  RELU("relu");

  @SuppressWarnings("ImmutableEnumChecker") // what List.of makes does not change
  private final List<String> names;

  Activation(String... names) {
    this.names = List.of(names);
  }

  static Optional<Activation> named(String name) {
    return Stream.of(values()).filter(each -> each.names.contains(name)).findFirst();
  }

  static List<String> allNames() {
    return Stream.of(values()).flatMap(each -> each.names.stream()).toList();
  }
}
