package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.schema.WireConfig;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.ServingTopicException;
import dev.reslora.serving.SnapshotSubscriber;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The subscriber against a real broker; the broker is this module's, so the test is too. */
@ExtendWith(BrokerExtension.class)
class SnapshotSubscriberITCase {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String topic = BrokerExtension.topic("snapshots");
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final SnapshotListener names =
      version -> seen.add(version.adapterId() + "-v" + version.version());

  private String next() throws InterruptedException {
    String name = seen.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return name == null ? "nothing" : name;
  }

  @Test
  void catchesUpAndThenFollows(LocalBroker broker) throws Exception {
    Map<String, PublishedVersion> newest = new ConcurrentHashMap<>();
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.publish("mail");
      writer.publish("mail");
      SnapshotListener both =
          version -> {
            newest.put(version.adapterId(), version);
            names.published(version);
          };
      try (SnapshotSubscriber subscriber =
          SnapshotSubscriber.start(ServingTopic.of(broker.bootstrapServers(), topic), both)) {
        assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
        assertThat(newest.get("mail")).extracting(PublishedVersion::version).isEqualTo(2L);
        writer.publish("mail");
        writer.publish("news");
        assertThat(List.of(next(), next(), next(), next()))
            .containsExactlyInAnyOrder("mail-v1", "mail-v2", "mail-v3", "news-v1");
        assertThat(Objects.requireNonNull(newest.get("mail")).adapter().factors().get(0).a())
            .containsOnly(3f);
      }
    }
  }

  @Test
  void followsPartitionsThatAreAdded(LocalBroker broker) throws Exception {
    Map<String, Object> client =
        Map.of("bootstrap.servers", broker.bootstrapServers(), "metadata.max.age.ms", 500);
    ServingTopic quickly =
        new ServingTopic(
            topic, client, WireConfig.SINGLE_OBJECT, SnapshotAssembler.DEFAULT_MAX_BYTES);
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic);
        SnapshotSubscriber subscriber = SnapshotSubscriber.start(quickly, names)) {
      writer.publish("support");
      assertThat(next()).isEqualTo("support-v1");
      assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
      writer.growTo(broker, 2 * ServingTopicWriter.PARTITIONS);
      List<ServingRecord> second = writer.records("support");
      assertThat(second)
          .as("in a partition that was added")
          .allMatch(record -> record.partitionHash() % 6 >= ServingTopicWriter.PARTITIONS);
      writer.send(second);
      assertThat(next()).isEqualTo("support-v2");
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void catchesUpWithAnEmptyTopic(LocalBroker broker) throws Exception {
    new ServingTopicWriter(broker, topic).close();
    try (SnapshotSubscriber subscriber =
        SnapshotSubscriber.start(ServingTopic.of(broker.bootstrapServers(), topic), names)) {
      assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void waitsForATransactionThatIsOpen(LocalBroker broker) throws Exception {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      List<ServingRecord> records = writer.records("mail");
      writer.begin(records);
      try (SnapshotSubscriber subscriber =
          SnapshotSubscriber.start(ServingTopic.of(broker.bootstrapServers(), topic), names)) {
        assertThat(subscriber.awaitCaughtUp(Duration.ofSeconds(1))).isFalse();
        assertThat(seen).isEmpty();
        writer.commit();
        assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
        assertThat(next()).isEqualTo("mail-v1");
      }
    }
  }

  @Test
  void goesOnWhenItsListenerFails(LocalBroker broker) throws Exception {
    SnapshotListener failing =
        version -> {
          names.published(version);
          throw new IllegalStateException("cannot load " + version.version());
        };
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic);
        SnapshotSubscriber subscriber =
            SnapshotSubscriber.start(ServingTopic.of(broker.bootstrapServers(), topic), failing)) {
      writer.publish("mail");
      assertThat(next()).isEqualTo("mail-v1");
      writer.publish("mail");
      assertThat(next()).isEqualTo("mail-v2");
      assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
    }
  }

  @Test
  void goesOnWhereItWasWhenTheBrokerComesBack(@TempDir Path directory) throws Exception {
    LocalBroker first = LocalBroker.start(directory);
    int port = Integer.parseInt(first.bootstrapServers().replaceFirst(".*:", ""));
    ServingTopicWriter writer = new ServingTopicWriter(first, topic);
    writer.publish("mail");
    try (SnapshotSubscriber subscriber =
        SnapshotSubscriber.start(ServingTopic.of(first.bootstrapServers(), topic), names)) {
      assertThat(next()).isEqualTo("mail-v1");
      first.close();
      try (LocalBroker second = LocalBroker.start(directory, port);
          ServingTopicWriter again = writer) {
        again.publish("mail");
        assertThat(next()).isEqualTo("mail-v2");
        assertThat(subscriber.awaitCaughtUp(PATIENCE)).isTrue();
        assertThat(second.bootstrapServers()).isEqualTo(first.bootstrapServers());
      }
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void saysWhatIsMissing(LocalBroker broker) {
    assertThatThrownBy(
            () ->
                SnapshotSubscriber.start(
                    ServingTopic.of(broker.bootstrapServers(), "absent"), names))
        .isInstanceOf(ServingTopicException.class)
        .hasMessage("topic absent does not exist at " + broker.bootstrapServers());
    assertThatThrownBy(() -> SnapshotSubscriber.start(ServingTopic.of("127.0.0.1:1", topic), names))
        .isInstanceOf(ServingTopicException.class)
        .hasMessage("no Kafka broker answered at 127.0.0.1:1 within 10 s");
    assertThatThrownBy(() -> SnapshotSubscriber.start(ServingTopic.of("nonsense", topic), names))
        .isInstanceOf(ServingTopicException.class)
        .hasMessageContaining("Invalid url in bootstrap.servers: nonsense");
  }
}
