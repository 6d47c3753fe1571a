package dev.reslora.pipeline.cli;

import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.ServingTopicReader;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;

/** Reads a serving topic once, from its beginning to where it ended at the start. */
record TopicScan(ServingTopic topic, Duration timeout, PrintWriter err) {

  private static final Duration POLL = Duration.ofMillis(200);

  /** Takes a record. */
  @FunctionalInterface
  interface RecordSink {
    void accept(ConsumerRecord<byte[], byte[]> record) throws IOException;
  }

  /** Gives every whole version, and every refusal, to the listener. */
  void versions(SnapshotListener listener) {
    SnapshotAssembler assembler =
        new SnapshotAssembler(topic.wire(), topic.maxBytes(), topic.store(), listener);
    records(record -> assembler.accept(record.key(), record.value()));
  }

  /** Gives every record to the sink; returns how many there were. */
  long records(RecordSink sink) {
    long deadline = System.nanoTime() + timeout.toNanos();
    long count = 0;
    try (Progress progress = Progress.on(err);
        ServingTopicReader reader = ServingTopicReader.open(topic)) {
      do {
        for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
          sink.accept(record);
          progress.show(++count, OptionalLong.empty(), "records read from " + topic.name());
        }
        if (System.nanoTime() > deadline) {
          throw new CommandFailure(
              "--timeout: the end of %s was not reached within %d s, after %,d records"
                  .formatted(topic.name(), timeout.toSeconds(), count));
        }
      } while (!reader.caughtUp());
      return count;
    } catch (IOException | KafkaException e) {
      throw CommandFailure.of(e);
    }
  }
}
