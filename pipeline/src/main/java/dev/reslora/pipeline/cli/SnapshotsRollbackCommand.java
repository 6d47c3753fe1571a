package dev.reslora.pipeline.cli;

import dev.reslora.operator.ServingRecordSchema;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.ServingTopic;
import dev.reslora.snapshot.AnnouncementWriter;
import dev.reslora.snapshot.ServingRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says on the serving topic that another version is the current one. */
@Command(
    name = "rollback",
    mixinStandardHelpOptions = true,
    description = {
      "Announce a version that was published before as the current one: subscribers serve it from"
          + " then on, until the next version or announcement.",
      "A server that no longer holds it (--keep-versions of 'serve') stays with what it serves.",
      "Training goes on from where it is, and the chain of versions stays as it was."
    })
final class SnapshotsRollbackCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Option(
      names = "--to-version",
      required = true,
      paramLabel = "N",
      description = "The version to serve; it must still be on the topic.")
  long version;

  @Option(
      names = "--pin",
      description = "Stay with it whatever is published, until the next announcement.")
  boolean pin;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "rolled back by hand",
      description = "Why, for whoever reads the topic.")
  String reason;

  @Override
  public void run() {
    if (options.adapter == null) {
      throw new ParameterException(spec.commandLine(), "--adapter: expected an id, found none");
    }
    ServingTopic topic = options.servingTopic(kafka, wire);
    SnapshotSelection selection = new SnapshotSelection(options, version);
    new TopicScan(topic, options.timeout(), spec.commandLine().getErr()).versions(selection);
    SnapshotManifest manifest = selection.versions().iterator().next().manifest();
    SnapshotAnnouncement announcement =
        new SnapshotAnnouncement(
            manifest.getAdapterId(),
            version,
            manifest.getDigest(),
            pin,
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            reason);
    send(topic, announcement);
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      out.println(ManifestJson.text(ManifestJson.fields(announcement)));
    } else {
      out.printf(
          "%s: version %,d (%s) is current %s%n",
          manifest.getAdapterId(),
          version,
          manifest.getDigest().substring(0, 12),
          pin ? "until the next announcement" : "until the next version");
    }
    out.flush();
  }

  private void send(ServingTopic topic, SnapshotAnnouncement announcement) {
    Map<String, Object> client = new HashMap<>(topic.client());
    client.put(ProducerConfig.ACKS_CONFIG, "all");
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client, bytes, bytes)) {
      ServingRecord record = new AnnouncementWriter(topic.wire(), topic.name()).write(announcement);
      int partitions = producer.partitionsFor(topic.name()).size();
      producer
          .send(
              new ProducerRecord<>(
                  topic.name(),
                  record.partitionHash() % partitions,
                  record.key(),
                  record.value(),
                  ServingRecordSchema.headers(record)))
          .get();
    } catch (IOException | KafkaException | ExecutionException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted before the broker confirmed the announcement", e);
    }
  }
}
