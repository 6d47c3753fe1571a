package dev.reslora.training;

import java.util.SortedMap;

/**
 * A training thread's way to the shared base model: opens adapters and restores them. Not
 * thread-safe; one a subtask, used on the thread that opened it.
 */
public final class Trainer implements AutoCloseable {

  private Trainer() {}

  /**
   * Opens the base model on the device, or joins the one already open in this process.
   *
   * @throws IllegalArgumentException naming option, expectation and finding
   * @throws java.io.UncheckedIOException when the model directory cannot be read
   */
  public static Trainer open(TrainerConfig config) {
    throw new UnsupportedOperationException("to come: " + config);
  }

  /** SHA-256, hex, of the base model's weights and configuration. */
  public String baseModelDigest() {
    throw new UnsupportedOperationException();
  }

  /** Name of the base model. */
  public String baseModelName() {
    throw new UnsupportedOperationException();
  }

  /** SHA-256, hex, of the configuration that decides what is learned. */
  public String configDigest() {
    throw new UnsupportedOperationException();
  }

  /** A new adapter: A random, B = 0. */
  public AdapterTraining create(String adapterId) {
    throw new UnsupportedOperationException(adapterId);
  }

  /**
   * The adapter that {@link AdapterTraining#checkpoint()} wrote.
   *
   * @throws IncompatibleStateException when the state is of another shape, links or base model
   */
  public AdapterTraining restore(String adapterId, SortedMap<String, byte[]> sections) {
    throw new UnsupportedOperationException(adapterId);
  }

  @Override
  public void close() {}
}
