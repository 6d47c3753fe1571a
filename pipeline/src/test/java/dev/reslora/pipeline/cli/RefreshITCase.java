package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import dev.reslora.serving.refresh.FakeServer;
import dev.reslora.serving.refresh.ServerKind;
import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command against a real broker and a server of vLLM's protocol. */
@ExtendWith(BrokerExtension.class)
class RefreshITCase {

  /** An address that is not asked. */
  private static final String NOBODY = "127.0.0.1:1";

  private static final Duration POLL = Duration.ofMillis(200);

  private final String topic = BrokerExtension.topic("snapshots");
  private final String reports = BrokerExtension.topic("refreshes");

  @TempDir Path directory;
  private final StringWriter err = new StringWriter();

  @Test
  void bringsVersionsIntoServiceAndReportsThem(LocalBroker broker) throws Exception {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic);
        FakeServer server = new FakeServer(ServerKind.VLLM)) {
      Map.Entry<String, String> token = variable();
      server.require(token.getValue());
      writer.publish("mail");
      PipedWriter out = new PipedWriter();
      BufferedReader lines = new BufferedReader(new PipedReader(out));
      RunningCommand command =
          RunningCommand.start(
              out,
              new StringWriter(),
              "refresh",
              "--bootstrap-servers",
              broker.bootstrapServers(),
              "--topic",
              topic,
              "--report-topic",
              reports,
              "--create-topic",
              "--to",
              directory.toString(),
              "--grace",
              "0",
              "--token-env",
              token.getKey(),
              "--server",
              "vllm=" + server.address());
      assertThat(lines.readLine())
          .endsWith(" mail: version 1 is mail-v1, attempt 1: on all servers");
      writer.publish("mail");
      assertThat(lines.readLine())
          .endsWith(" mail: version 2 is mail-v2, attempt 1: on all servers");
      assertThat(command.stop()).isZero();
      assertThat(server.everLoaded()).containsExactly("mail-v1", "mail-v2");
    }
    assertThat(Files.readSymbolicLink(directory.resolve("mail-current"))).hasToString("mail-v2");
    RefreshReport last = last(broker);
    assertThat(last.getOutcome()).isEqualTo(RefreshOutcome.SERVED);
    assertThat(last.getServedAs()).isEqualTo("mail-v2");
    assertThat(last.getServedVersion()).isEqualTo(2);
  }

  /** One of this process whose value could be a token. */
  private static Map.Entry<String, String> variable() {
    return System.getenv().entrySet().stream()
        .filter(entry -> entry.getValue().matches("[!-~]+"))
        .findFirst()
        .orElseThrow();
  }

  private RefreshReport last(LocalBroker broker) throws Exception {
    AvroDecoder<RefreshReport> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(RefreshReport.class));
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(Map.of("bootstrap.servers", broker.bootstrapServers()), bytes, bytes)) {
      List<TopicPartition> partitions = List.of(new TopicPartition(reports, 0));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      RefreshReport last = null;
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (last == null || last.getVersion() < 2) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          last = decoder.decode(record.value());
        }
      }
      return last;
    }
  }

  @Test
  void saysThatThereIsNoTopicForReports(LocalBroker broker) {
    assertThat(refresh(broker.bootstrapServers(), "--report-topic", reports)).isEqualTo(1);
    assertThat(err.toString())
        .contains("there is no topic '" + reports + "'; create it, or add --create-topic");
  }

  @Test
  void saysThatAVariableHasNoToken() {
    assertThat(refresh(NOBODY, "--token-env", "NOT_SET_ANYWHERE")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--token-env: expected an environment variable with a token, found none in");
  }

  @Test
  void saysWhichServerItDoesNotKnow() {
    assertThat(refresh(NOBODY, "--server", "tgi=http://a")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--server: expected vllm, sglang, djl or lorax, =, and an address with a host");
  }

  private int refresh(String bootstrapServers, String option, String value) {
    return ResLora.commandLine()
        .setErr(new PrintWriter(err, true))
        .execute(
            "refresh",
            "--bootstrap-servers",
            bootstrapServers,
            "--to",
            directory.toString(),
            option,
            value);
  }
}
