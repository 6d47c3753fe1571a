package dev.reslora.pipeline;

import java.util.List;

/** A configuration that no job is started with; names everything that is wrong, not the first. */
public final class InvalidConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // an unmodifiable list of strings
  private final List<String> problems;

  InvalidConfigException(List<String> problems) {
    super(
        problems.size() == 1
            ? "the configuration has a problem: " + problems.get(0)
            : "the configuration has "
                + problems.size()
                + " problems:\n  - "
                + String.join("\n  - ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence each: option, expectation, finding. */
  public List<String> problems() {
    return problems;
  }
}
