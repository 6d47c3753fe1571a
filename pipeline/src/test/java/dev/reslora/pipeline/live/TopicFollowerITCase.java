package dev.reslora.pipeline.live;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(BrokerExtension.class)
class TopicFollowerITCase {

  /** What a follower said, in order. */
  private static final class Heard implements TopicFollower.Sink {
    private final BlockingQueue<String> records = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> faults = new LinkedBlockingQueue<>();

    @Override
    public void accept(ConsumerRecord<byte[], byte[]> record) {
      records.add(new String(record.value(), UTF_8));
    }

    @Override
    public void fault(@Nullable String fault) {
      faults.add(String.valueOf(fault));
    }
  }

  private static @Nullable String next(BlockingQueue<String> heard) throws InterruptedException {
    return heard.poll(60, TimeUnit.SECONDS);
  }

  @Test
  void followsTopicsThatComeAfterIt(LocalBroker broker) throws Exception {
    String first = BrokerExtension.topic("first");
    String second = BrokerExtension.topic("second");
    Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
    Heard heard = new Heard();
    try (TopicFollower follower =
        TopicFollower.start(client, "read_uncommitted", List.of(first, second), heard)) {
      assertThat(follower).isNotNull();
      assertThat(next(heard.faults)).contains("there is no topic yet: [" + first + ", " + second);
      create(broker, first, "one");
      assertThat(next(heard.records)).isEqualTo("one");
      create(broker, second, "two");
      assertThat(next(heard.records)).isEqualTo("two");
      assertThat(heard.faults).contains("there is no topic yet: [" + second + "]").endsWith("null");
    }
  }

  private static void create(LocalBroker broker, String topic, String value) throws Exception {
    broker.createTopics(List.of(new TopicPlan(topic, 1)));
    ByteArraySerializer bytes = new ByteArraySerializer();
    Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client, bytes, bytes)) {
      var unused = producer.send(new ProducerRecord<>(topic, value.getBytes(UTF_8))).get();
    }
  }
}
