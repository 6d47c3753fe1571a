package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends a stream to the training topic, a little ahead of what is trained so that the end does not
 * wait for a long queue, and asks for a snapshot at the end. The few examples after the last one
 * sent are kept back: nobody has learned from them.
 */
final class Feeder implements AutoCloseable {

  /** The command that the last snapshot names as its trigger. */
  static final String LAST_COMMAND = "end-of-stream";

  private static final int KEPT_BACK = 6;
  private static final int AHEAD = 128;
  private static final long NAP_NANOS = 20_000_000;

  private final BackgroundTask task;
  private final Deque<LabeledExample> next = new ArrayDeque<>();
  private final OptionalLong total;
  private final AtomicLong sent = new AtomicLong();

  /**
   * Begins at once.
   *
   * @param trained examples trained so far
   * @param endNanos when to stop at the latest, by {@link System#nanoTime}
   */
  Feeder(LabeledStream stream, ExampleProducer producer, LongSupplier trained, long endNanos) {
    this.total =
        stream.size().isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(Math.max(0, stream.size().getAsLong() - KEPT_BACK));
    this.task =
        BackgroundTask.start("feeder", stop -> feed(stream, producer, trained, endNanos, stop));
  }

  private void feed(
      LabeledStream stream,
      ExampleProducer producer,
      LongSupplier trained,
      long endNanos,
      BackgroundTask.Stop stop)
      throws IOException {
    String adapterId = "";
    while (System.nanoTime() < endNanos && !stop.requested()) {
      if (sent.get() - trained.getAsLong() >= AHEAD) {
        LockSupport.parkNanos(NAP_NANOS);
        continue;
      }
      LabeledExample example = advance(stream);
      if (example == null) {
        break;
      }
      adapterId = example.adapterId();
      producer.send(example.toRecord());
      sent.incrementAndGet();
    }
    if (!adapterId.isEmpty()) {
      producer.send(publish(adapterId));
    }
    producer.flush();
  }

  /** The next example, or null when those to be kept back are all that is left. */
  private @Nullable LabeledExample advance(LabeledStream stream) throws IOException {
    while (next.size() <= KEPT_BACK) {
      LabeledExample example = stream.next();
      if (example == null) {
        return null;
      }
      next.addLast(example);
    }
    return next.removeFirst();
  }

  private static AdapterControl publish(String adapterId) {
    return AdapterControl.newBuilder()
        .setAdapterId(adapterId)
        .setCommandId(LAST_COMMAND)
        .setEventTime(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .setCommand(AdapterCommand.PUBLISH)
        .build();
  }

  long sent() {
    return sent.get();
  }

  OptionalLong total() {
    return total;
  }

  BackgroundTask task() {
    return task;
  }

  /** What was kept back; once the task is done. */
  List<LabeledExample> keptBack() {
    return List.copyOf(next);
  }

  @Override
  public void close() {
    task.close();
  }
}
