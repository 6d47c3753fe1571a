package dev.reslora.pipeline.live;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Follows a job's topics and keeps {@link LiveFigures} of them. */
final class LiveFeed implements AutoCloseable {

  private final LiveFigures figures = new LiveFigures();
  private final List<TopicFollower> followers;

  private LiveFeed(LiveTopics topics) {
    // Steps show when they are done; versions and rejections when they are published.
    this.followers =
        List.of(
            TopicFollower.start(
                topics.client(),
                "read_uncommitted",
                List.of(topics.metrics()),
                new TrainingSink(topics)),
            TopicFollower.start(
                topics.client(),
                "read_committed",
                List.of(topics.snapshots(), topics.rejected()),
                new OutcomeSink(topics)));
  }

  static LiveFeed start(LiveTopics topics) {
    return new LiveFeed(topics);
  }

  LiveFigures figures() {
    return figures;
  }

  private abstract class DecodingSink implements TopicFollower.Sink {

    @Override
    public void fault(@Nullable String fault) {
      figures.fault(getClass().getSimpleName(), fault);
    }

    @Override
    public void accept(ConsumerRecord<byte[], byte[]> record) throws IOException {
      if (record.value() == null) {
        return;
      }
      try {
        take(record);
      } catch (RejectedException e) {
        // Of another producer, or of a newer release: not for this page.
      }
    }

    abstract void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException;
  }

  private final class TrainingSink extends DecodingSink {
    private final AvroDecoder<SpecificRecordBase> training;

    TrainingSink(LiveTopics topics) {
      training = topics.wire().decoder(List.of(StepReport.class, AdapterEvent.class));
    }

    @Override
    void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException {
      SpecificRecordBase told = training.decode(record.value());
      if (told instanceof StepReport report) {
        figures.stepped(report, record.timestamp());
      } else if (told instanceof AdapterEvent event) {
        figures.happened(event, record.timestamp());
      }
    }
  }

  private final class OutcomeSink extends DecodingSink {
    private final AvroDecoder<SpecificRecordBase> outcomes;

    OutcomeSink(LiveTopics topics) {
      outcomes =
          topics
              .wire()
              .decoder(List.of(SnapshotManifest.class, SnapshotChunk.class, RejectedRecord.class));
    }

    @Override
    void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException {
      SpecificRecordBase outcome = outcomes.decode(record.value());
      if (outcome instanceof SnapshotManifest manifest) {
        figures.published(manifest, record.timestamp());
      } else if (outcome instanceof RejectedRecord rejected) {
        figures.rejected(rejected, record.timestamp());
      }
    }
  }

  @Override
  public void close() {
    followers.forEach(TopicFollower::close);
  }
}
