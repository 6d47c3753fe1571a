package dev.reslora.training;

import dev.reslora.model.Digests;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Options of the job that one adapter has for itself, from its creation on: those that change no
 * tensor's shape. Part of its state.
 *
 * @param options values by the options' names without {@code reslora.}
 */
public record AdapterOverrides(SortedMap<String, String> options) {

  public static final AdapterOverrides NONE = new AdapterOverrides(new TreeMap<>());

  private enum Option {
    BATCH_EXAMPLES("training.batch-examples", 1, Integer.MAX_VALUE),
    SEED("training.seed", Long.MIN_VALUE, Long.MAX_VALUE),
    EVERY_STEPS("snapshot.every-steps", 0, Long.MAX_VALUE),
    REPLAY_EXAMPLES("replay.examples", 0, Integer.MAX_VALUE);

    private final String label;
    private final long least;
    private final long most;

    Option(String label, long least, long most) {
      this.label = label;
      this.least = least;
      this.most = most;
    }

    private void check(String value) {
      long number;
      try {
        number = Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw wrong(value);
      }
      if (number < least || number > most) {
        throw wrong(value);
      }
    }

    private IllegalArgumentException wrong(String value) {
      return new IllegalArgumentException(
          "options: expected a whole number from %d to %d for %s, found %s"
              .formatted(least, most, label, value));
    }
  }

  public AdapterOverrides {
    options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
  }

  /** Names of the options that an adapter may have for itself. */
  public static List<String> names() {
    return Stream.of(Option.values()).map(option -> option.label).toList();
  }

  /**
   * Checks what a command names.
   *
   * @throws IllegalArgumentException naming option, expectation and finding
   */
  public static AdapterOverrides of(Map<String, String> options) {
    options.forEach((name, value) -> option(name).check(value));
    return new AdapterOverrides(new TreeMap<>(options));
  }

  private static Option option(String name) {
    return Stream.of(Option.values())
        .filter(option -> option.label.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "options: expected one of " + names() + ", found " + name));
  }

  boolean isEmpty() {
    return options.isEmpty();
  }

  /** The job's configuration with these in place of its own. */
  TrainerConfig on(TrainerConfig job) {
    TrainingConfig training =
        job.training()
            .with(
                Math.toIntExact(value(Option.BATCH_EXAMPLES, job.training().batchExamples())),
                value(Option.SEED, job.training().seed()));
    SnapshotSchedule snapshots =
        new SnapshotSchedule(
            value(Option.EVERY_STEPS, job.snapshots().everySteps()),
            job.snapshots().everyEventTime());
    ReplayConfig replay = job.guards().replay();
    GuardConfig guards =
        job.guards()
            .with(
                new ReplayConfig(
                    replay.policy(),
                    replay.bytes(),
                    Math.toIntExact(value(Option.REPLAY_EXAMPLES, replay.examples())),
                    replay.halfLife()));
    return job.with(training, snapshots, guards);
  }

  private long value(Option option, long otherwise) {
    String value = options.get(option.label);
    return value == null ? otherwise : Long.parseLong(value);
  }

  /** Digest of the job's configuration and these. */
  String digest(String jobDigest) {
    return isEmpty()
        ? jobDigest
        : Digests.hex((jobDigest + "\n" + options).getBytes(StandardCharsets.UTF_8));
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(options.size());
    for (Map.Entry<String, String> option : options.entrySet()) {
      out.writeUTF(option.getKey());
      out.writeUTF(option.getValue());
    }
  }

  static AdapterOverrides read(DataInput in) throws IOException {
    SortedMap<String, String> options = new TreeMap<>();
    for (int count = in.readInt(); count > 0; count--) {
      options.put(in.readUTF(), in.readUTF());
    }
    try {
      return of(options);
    } catch (IllegalArgumentException e) {
      throw new IncompatibleStateException("state section overrides: " + e.getMessage());
    }
  }
}
