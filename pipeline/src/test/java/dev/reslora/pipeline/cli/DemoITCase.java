package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo from broker to last snapshot, on the model that ships with the project. */
class DemoITCase {

  private static final Path MODEL = Path.of("..", "deploy", "models", "sotu-1900");

  @TempDir Path directory;
  private final StringWriter answered = new StringWriter();
  private final StringWriter said = new StringWriter();

  private int demo(String... more) {
    String options = "--task lm --json --minutes 3 --live-port 0";
    List<String> words = new ArrayList<>(List.of("demo", "--model", MODEL.toString()));
    words.addAll(List.of(options.split(" ", -1)));
    words.addAll(List.of(more));
    return ResLora.commandLine()
        .setOut(new PrintWriter(answered))
        .setErr(new PrintWriter(said))
        .execute(words.toArray(String[]::new));
  }

  @Test
  void namesAPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(demo("--port", port, "--out", directory.toString())).isEqualTo(1);
      assertThat(said.toString())
          .contains("reslora demo: --port: something else listens on port " + port)
          .doesNotContain("\tat ");
    }
  }

  @Test
  void learnsATextAndServesWhatItLearned() throws Exception {
    Path texts = directory.resolve("texts.jsonl");
    String line = "{\"text\": \"We choose to go to the Moon in this decade, not for it is easy.\"}";
    Files.write(texts, IntStream.range(0, 70).mapToObj(i -> line).toList());
    String out = directory.resolve("out").toString();
    int exit = demo("--port", "0", "--stream", texts.toString(), "--out", out);
    assertThat(exit).as(said.toString()).isZero();
    JsonNode summary = new ObjectMapper().readTree(answered.toString());
    assertThat(summary.path("examples").asInt()).isEqualTo(64);
    assertThat(summary.path("steps").asInt()).isEqualTo(4);
    JsonNode bits = summary.path("bits-per-byte");
    assertThat(bits.path("adapted").asDouble()).isLessThan(0.9 * bits.path("frozen").asDouble());
    assertThat(summary.path("snapshotsLoaded").asInt()).isEqualTo(1);
    JsonNode answer = summary.path("answers").path(0);
    assertThat(answer.path("prompt").asText()).isEqualTo("We choose to go to the Moon in");
    assertThat(answer.path("adapted").asText()).isNotEqualTo(answer.path("frozen").asText());
    assertThat(Path.of(out).resolve("adapter").resolve("demo-v1")).isDirectory();
  }
}
