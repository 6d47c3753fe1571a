package dev.reslora.nn;

import java.util.function.Supplier;

/** Native memory on its way to an owner. */
public final class Handover {

  private Handover() {}

  /**
   * What owns something that is open from here on.
   *
   * @param close gives that back when the owner cannot be made
   */
  public static <T> T to(Supplier<T> owner, Runnable close) {
    try {
      return owner.get();
    } catch (RuntimeException e) {
      close.run();
      throw e;
    }
  }
}
