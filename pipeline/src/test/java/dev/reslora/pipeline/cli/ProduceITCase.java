package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.pipeline.local.TopicReader;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(BrokerExtension.class)
class ProduceITCase {

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void keepsOneAdaptersExamplesInOrderOnOnePartition(LocalBroker broker) throws IOException {
    String topic = BrokerExtension.topic("examples");
    Path file = lines("a", "b", "c", "d", "e");
    assertThat(
            produce(
                file.toString(),
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--topic",
                topic,
                "--adapter",
                "mine",
                "--create-topic"))
        .as(err.toString())
        .isZero();
    List<ConsumerRecord<String, byte[]>> records =
        TopicReader.readAll(broker.bootstrapServers(), topic);
    assertThat(records).allMatch(record -> record.key().equals("mine"));
    assertThat(records)
        .extracting(ConsumerRecord::partition)
        .containsOnly(records.get(0).partition());
    List<String> texts = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      TrainingExample example =
          TrainingExample.getDecoder().decode(ByteBuffer.wrap(record.value()));
      texts.add(((LabeledText) example.getPayload()).getText());
    }
    assertThat(texts).containsExactly("a", "b", "c", "d", "e");
    assertThat(out.toString()).contains("5 examples").contains(topic);
  }

  @Test
  void putsACommandBehindTheExamples(LocalBroker broker) throws IOException {
    String topic = BrokerExtension.topic("examples");
    String[] common = {"--bootstrap-servers", broker.bootstrapServers(), "--topic", topic};
    assertThat(
            produce(
                "sotu",
                common[0],
                common[1],
                common[2],
                common[3],
                "--adapter",
                "mine",
                "--limit",
                "3",
                "--create-topic"))
        .isZero();
    assertThat(produce("control", "mine", "publish", common[0], common[1], common[2], common[3]))
        .as(err.toString())
        .isZero();
    List<ConsumerRecord<String, byte[]>> records =
        TopicReader.readAll(broker.bootstrapServers(), topic);
    assertThat(records).hasSize(4);
    AdapterControl control =
        AdapterControl.getDecoder().decode(ByteBuffer.wrap(records.get(3).value()));
    assertThat(control.getCommand()).isEqualTo(AdapterCommand.PUBLISH);
    assertThat(control.getAdapterId()).isEqualTo("mine");
  }

  @Test
  void createsAnAdapterWithOptionsOfItsOwnAndRefusesOthers(LocalBroker broker) throws IOException {
    String topic = BrokerExtension.topic("examples");
    broker.createTopics(List.of(new TopicPlan(topic, 1)));
    String[] create = {
      "control",
      "mine",
      "create",
      "--bootstrap-servers",
      broker.bootstrapServers(),
      "--topic",
      topic,
      "--set",
      "reslora.training.batch-examples=8",
      "--set",
      "training.seed=-3"
    };
    assertThat(produce(create)).as(err.toString()).isZero();
    AdapterControl control =
        AdapterControl.getDecoder()
            .decode(
                ByteBuffer.wrap(
                    TopicReader.readAll(broker.bootstrapServers(), topic).get(0).value()));
    assertThat(control.getOptions())
        .isEqualTo(Map.of("training.batch-examples", "8", "training.seed", "-3"));
    create[8] = "adapter.rank=4";
    assertThat(produce(create)).isEqualTo(2);
    assertThat(err.toString()).contains("found adapter.rank");
  }

  @Test
  void saysThatTheTopicIsMissing(LocalBroker broker) throws IOException {
    assertThat(
            produce(
                lines("a").toString(),
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--topic",
                "nowhere",
                "--adapter",
                "mine"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("no topic 'nowhere'").contains("--create-topic");
  }

  @Test
  void saysOfACommandTooThatTheTopicIsMissing(LocalBroker broker) {
    assertThat(
            produce(
                "control",
                "mine",
                "publish",
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--topic",
                "nowhere"))
        .isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "reslora produce control: there is no topic 'nowhere'; 'run' and 'produce' can create"
                + " it");
  }

  @Test
  void stopsAtABadLineAndNamesIt(LocalBroker broker) throws IOException {
    String topic = BrokerExtension.topic("examples");
    broker.createTopics(List.of(new TopicPlan(topic, 1)));
    Path file = Files.writeString(directory.resolve("bad.jsonl"), "{\"text\":\"a\"}\n");
    assertThat(
            produce(
                file.toString(),
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--topic",
                topic,
                "--adapter",
                "mine"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("bad.jsonl line 1").contains("'label'");
  }

  @Test
  void refusesWrongUsageBeforeAnythingIsSent() {
    assertThat(produce("sotu", "--bootstrap-servers", "127.0.0.1:1")).isEqualTo(2);
    assertThat(err.toString()).contains("--adapter");
    assertThat(produce("x.jsonl", "--bootstrap-servers", "127.0.0.1:1", "--rate", "0"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--rate");
  }

  private Path lines(String... texts) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String text : texts) {
      lines.append("{\"text\":\"").append(text).append("\",\"label\":\"x\"}\n");
    }
    return Files.writeString(directory.resolve("examples.jsonl"), lines);
  }

  private int produce(String... args) {
    List<String> all = new ArrayList<>(List.of("produce"));
    all.addAll(List.of(args));
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}
