package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.TestSnapshots;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema.KafkaSinkContext;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

class ServingRecordSchemaTest {

  private static final int PARTITIONS = 7;

  private static final KafkaSinkContext CONTEXT =
      new KafkaSinkContext() {
        @Override
        public int getParallelInstanceId() {
          return 0;
        }

        @Override
        public int getNumberOfParallelInstances() {
          return 1;
        }

        @Override
        public int[] getPartitionsForTopic(String topic) {
          return new int[] {0, 1, 2, 3, 4, 5, 6};
        }
      };

  private static List<ProducerRecord<byte[], byte[]>> send(String adapterId) {
    ServingRecordSchema schema = new ServingRecordSchema("model-snapshots");
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (ServingRecord record :
        TestSnapshots.records(TestSnapshots.chain(adapterId, 10, 2_500_000).get(1), 1)) {
      sent.add(schema.serialize(record, CONTEXT, 5_000L));
    }
    return sent;
  }

  @Test
  void keepsAnAdaptersRecordsOnThePartitionOfItsId() {
    byte[] id = "mail".getBytes(StandardCharsets.UTF_8);
    assertThat(send("mail"))
        .extracting(ProducerRecord::partition)
        .containsOnly(BuiltInPartitioner.partitionForKey(id, PARTITIONS));
  }

  @Test
  void spreadsAdaptersOverThePartitions() {
    Set<Integer> partitions = new TreeSet<>();
    for (int i = 0; i < 40; i++) {
      partitions.add(send("adapter-" + i).get(0).partition());
    }
    assertThat(partitions).hasSize(PARTITIONS);
  }

  @Test
  void saysInHeadersWhatARecordIs() {
    List<ProducerRecord<byte[], byte[]>> sent = send("mail");
    assertThat(sent)
        .extracting(record -> header(record, "type"))
        .containsExactly("chunk", "chunk", "chunk", "tombstone", "tombstone", "manifest");
    assertThat(sent)
        .extracting(record -> header(record, "version"))
        .containsExactly("2", "2", "2", "1", "1", "2");
    assertThat(header(sent.get(5), "ce_type")).isEqualTo("dev.reslora.snapshot.published");
    assertThat(sent.get(3).value()).isNull();
  }

  @Test
  void keepsTheTimeWhenTheVersionFellDue() {
    assertThat(send("mail")).extracting(ProducerRecord::timestamp).containsOnly(5_000L);
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
