package dev.reslora.pipeline.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(BrokerExtension.class)
class LocalBrokerITCase {

  @Test
  void showsCommittedTransactionsOnly(LocalBroker broker) throws Exception {
    String topic = BrokerExtension.topic("transactions");
    broker.createTopics(List.of(new TopicPlan(topic, 1)));
    try (KafkaProducer<String, byte[]> producer = transactional(broker.bootstrapServers())) {
      producer.beginTransaction();
      send(producer, topic, "kept");
      producer.commitTransaction();
      producer.beginTransaction();
      send(producer, topic, "dropped");
      producer.abortTransaction();
    }
    assertThat(values(broker.bootstrapServers(), topic)).containsExactly("kept");
  }

  @Test
  void leavesATopicThatIsThereAsItIs(LocalBroker broker) {
    String topic = BrokerExtension.topic("twice");
    broker.createTopics(List.of(new TopicPlan(topic, 2).compacted()));
    broker.createTopics(List.of(new TopicPlan(topic, 3)));
    try (TopicCreator topics = TopicCreator.connect(broker.bootstrapServers())) {
      assertThat(topics.missing(Set.of(topic, "absent"))).containsExactly("absent");
    }
  }

  @Test
  void keepsItsTopicsAcrossAKill(@TempDir Path directory) throws Exception {
    Path log = directory.resolve("broker.log");
    Path kept = directory.resolve("broker");
    BrokerProcess first = BrokerProcess.start(kept, log);
    createWithOneRecord(first.bootstrapServers());
    assertThat(first.handle().destroyForcibly()).isTrue();
    first.handle().onExit().get(30, TimeUnit.SECONDS);
    try (BrokerProcess second = BrokerProcess.start(kept, log)) {
      assertThat(values(second.bootstrapServers(), "kept")).containsExactly("survives");
    }
  }

  @Test
  void endsWithTheProcessItBelongsTo(@TempDir Path directory) throws Exception {
    Process parent = new ProcessBuilder("sleep", "600").start();
    Process broker =
        BrokerProcess.command(
                directory,
                LocalBroker.freePort(),
                Files.createTempFile("broker", ".log"),
                parent.pid())
            .start();
    parent.destroyForcibly();
    assertThat(broker.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void saysWhatTheBrokerLoggedWhenItDoesNotStart(@TempDir Path directory) throws Exception {
    Path kept = Files.createDirectories(directory.resolve("broker"));
    Files.writeString(kept.resolve("meta.properties"), "version=1\ncluster.id=x\nnode.id=99\n");
    assertThatThrownBy(() -> BrokerProcess.start(kept, directory.resolve("broker.log")))
        .isInstanceOf(BrokerUnavailableException.class)
        .hasMessageContaining("ended while starting")
        .hasMessageContaining("node");
  }

  private static void createWithOneRecord(String bootstrapServers) throws Exception {
    try (TopicCreator topics = TopicCreator.connect(bootstrapServers)) {
      topics.createMissing(List.of(new TopicPlan("kept", 1)));
    }
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers),
            new StringSerializer(),
            new ByteArraySerializer())) {
      send(producer, "kept", "survives");
    }
  }

  private static KafkaProducer<String, byte[]> transactional(String bootstrapServers) {
    KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "transactional.id", "smoke"),
            new StringSerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static void send(KafkaProducer<String, byte[]> producer, String topic, String value)
      throws Exception {
    producer.send(new ProducerRecord<>(topic, "key", value.getBytes(UTF_8))).get();
  }

  private static List<String> values(String bootstrapServers, String topic) {
    return TopicReader.readAll(bootstrapServers, topic).stream()
        .map(record -> new String(record.value(), UTF_8))
        .toList();
  }
}
