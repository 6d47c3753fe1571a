package dev.reslora.schema;

/** What went wrong at the bottom of a failure, for one sentence to a person. */
public final class RootCause {

  private RootCause() {}

  /** The failure that no other caused. */
  public static Throwable of(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Its message, or its type where it has none. */
  public static String message(Throwable failure) {
    Throwable cause = of(failure);
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
