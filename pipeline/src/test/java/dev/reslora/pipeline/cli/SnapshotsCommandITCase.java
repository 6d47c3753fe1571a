package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.snapshot.ServingRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(BrokerExtension.class)
class SnapshotsCommandITCase {

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String topic = BrokerExtension.topic("snapshots");

  private int snapshots(LocalBroker broker, String command, String... options) {
    List<String> args =
        new ArrayList<>(List.of("snapshots", command, "--topic", topic, "--bootstrap-servers"));
    args.add(broker.bootstrapServers());
    args.addAll(List.of(options));
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args.toArray(String[]::new));
  }

  private void publishThree(LocalBroker broker) throws IOException {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.publish("mail");
      writer.publish("news");
      writer.publish("mail");
    }
  }

  @Test
  void listsVersionsForPeopleAndForPrograms(LocalBroker broker) throws IOException {
    publishThree(broker);
    assertThat(snapshots(broker, "list")).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .hasSize(4)
        .satisfiesExactly(
            header -> assertThat(header).startsWith("ADAPTER  VERSION  STEP"),
            first -> assertThat(first).startsWith("mail").contains("block", "exact"),
            second -> assertThat(second).startsWith("mail"),
            third -> assertThat(third).startsWith("news"));
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "list", "--json", "--adapter", "mail")).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.findValuesAsText("version")).containsExactly("1", "2");
    assertThat(json.get(1).path("eventTime").asText()).isEqualTo("1970-01-01T00:00:01Z");
  }

  @Test
  void showsWhereTheNewestVersionComesFrom(LocalBroker broker) throws IOException {
    publishThree(broker);
    assertThat(snapshots(broker, "show", "--adapter", "mail")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("mail, version 2", "training-examples-0 [1, 2)", "adapter_model.safetensors");
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "show", "--adapter", "mail", "--version-number", "1", "--json"))
        .isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).get(0).path("version").asInt())
        .isEqualTo(1);
  }

  @Test
  void pullsWholeDirectoriesOnce(LocalBroker broker) throws IOException {
    publishThree(broker);
    String[] to = {"--to", directory.toString()};
    assertThat(snapshots(broker, "pull", to)).as(err.toString()).isZero();
    for (String name : List.of("mail-v2", "news-v1")) {
      assertThat(directory.resolve(name).resolve("adapter_model.safetensors")).isRegularFile();
      assertThat(directory.resolve(name).resolve("head.json")).isRegularFile();
    }
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "pull", to)).isZero();
    assertThat(out.toString()).contains("mail-v2 is there already");
    Files.writeString(directory.resolve("mail-v2").resolve("head.json"), "{}");
    assertThat(snapshots(broker, "pull", to)).isEqualTo(1);
    assertThat(err.toString()).contains("mail-v2 is there already with another head.json");
  }

  @Test
  void saysWhatIsNotThere(LocalBroker broker) throws IOException {
    publishThree(broker);
    assertThat(snapshots(broker, "pull", "--adapter", "absent")).isEqualTo(1);
    assertThat(err.toString()).contains("no whole version of adapter absent on " + topic);
  }

  @Test
  void findsASoundTopicSound(LocalBroker broker) throws IOException {
    publishThree(broker);
    assertThat(snapshots(broker, "verify")).as(out.toString()).isZero();
    assertThat(out.toString()).contains("is sound: 3 versions of 2 adapters in 6 records");
  }

  @Test
  void namesTheFirstViolationAndItsPlace(LocalBroker broker) throws IOException {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.publish("mail");
      writer.records("mail");
      writer.publish("mail");
    }
    assertThat(snapshots(broker, "verify")).isEqualTo(1);
    assertThat(out.toString())
        .containsPattern(topic + "-\\d@4: adapter mail, version 3: expected version 2");
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "verify", "--json")).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("sound").asBoolean()).isFalse();
    assertThat(json.path("violation").path("version").asInt()).isEqualTo(3);
    assertThat(snapshots(broker, "verify", "--compacted")).isZero();
  }

  @Test
  void rollsBackWithoutBreakingTheChain(LocalBroker broker) throws IOException {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.publish("mail");
      writer.publish("mail");
      String[] back = {"--adapter", "mail", "--to-version", "1", "--pin", "--reason", "worse"};
      assertThat(snapshots(broker, "rollback", back)).as(err.toString()).isZero();
      assertThat(out.toString()).contains("mail: version 1 (", "until the next announcement");
      writer.publish("mail");
    }
    assertThat(current(broker)).containsExactly("true", "false", "false");
    String[] forward = {"--adapter", "mail", "--to-version", "3"};
    assertThat(snapshots(broker, "rollback", forward)).isZero();
    assertThat(current(broker)).containsExactly("false", "false", "true");
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "verify")).as(out.toString()).isZero();
    assertThat(out.toString()).contains("3 versions of 1 adapter in 8 records");
    assertThat(snapshots(broker, "rollback", "--adapter", "mail", "--to-version", "9"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("no whole version 9 of adapter mail on " + topic);
  }

  private List<String> current(LocalBroker broker) throws IOException {
    out.getBuffer().setLength(0);
    assertThat(snapshots(broker, "list", "--json")).isZero();
    return new ObjectMapper().readTree(out.toString()).findValuesAsText("current");
  }

  @Test
  void comparesTwoVersionsLayerByLayer(LocalBroker broker) throws IOException {
    publishThree(broker);
    assertThat(snapshots(broker, "diff", "1", "2", "--adapter", "mail", "--json"))
        .as(err.toString())
        .isZero();
    JsonNode layer = new ObjectMapper().readTree(out.toString()).path("layers").get(0);
    assertThat(layer.path("module").asText()).isEqualTo("encoder.layer.0.attention.self.query");
    assertThat(layer.path("before").doubleValue()).isEqualTo(512);
    assertThat(layer.path("after").doubleValue()).isEqualTo(2048);
    assertThat(layer.path("change").doubleValue()).isEqualTo(1536);
    assertThat(layer.path("cosine").doubleValue()).isEqualTo(1);
    assertThat(snapshots(broker, "diff", "1", "2", "--adapter", "mail", "--base", "x"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--texts and --base: expected both or neither");
  }

  @Test
  void doesNotSeeWhatWasAborted(LocalBroker broker) throws IOException {
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.publish("mail");
      List<ServingRecord> next = writer.records("mail");
      writer.begin(next);
      writer.abort();
      writer.send(next);
    }
    assertThat(snapshots(broker, "verify")).as(out.toString()).isZero();
    assertThat(out.toString()).contains("2 versions");
  }

  @Test
  void saysInOneSentenceThatTheTopicIsMissing(LocalBroker broker) {
    assertThat(snapshots(broker, "list")).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "reslora snapshots list: topic "
                + topic
                + " does not exist at "
                + broker.bootstrapServers());
  }

  @Test
  void refusesToGuessWhereKafkaIs() {
    int exit =
        ResLora.commandLine()
            .setErr(new PrintWriter(err, true))
            .execute("snapshots", "list", "--topic", topic);
    assertThat(exit).isEqualTo(2);
    assertThat(err.toString()).contains("--bootstrap-servers");
  }
}
