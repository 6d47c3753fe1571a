package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the model that ships with the project. */
class EvaluateCommandTest {

  private static final Path MODEL = Path.of("..", "deploy", "models", "sotu-1900");

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int evaluate(String lines, String... options) throws Exception {
    Path file = Files.writeString(directory.resolve("questions.jsonl"), lines);
    List<String> words = new ArrayList<>(List.of("evaluate", file.toString()));
    words.addAll(List.of("--model", MODEL.toString(), "--prompt", "{question}"));
    words.addAll(List.of(options));
    return ResLora.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(words.toArray(String[]::new));
  }

  @Test
  void countsWhatIsLikeliestAndWhatIsWritten() throws Exception {
    int exit =
        evaluate(
            """
            {"question": "The Congress of the United", "choices": ["banana", "States"], "label": 1}
            {"question": "The President of the", "choices": ["United States", "zzzz"], "label": 1}
            {"question": "The Congress of the United", "answer": "States"}
            """,
            "--max-tokens",
            "1",
            "--json");
    assertThat(exit).as(err.toString()).isZero();
    JsonNode score = new ObjectMapper().readTree(out.toString()).path(0).path("score");
    assertThat(score.path("choices").asInt()).isEqualTo(2);
    assertThat(score.path("likeliest").asInt()).isEqualTo(1);
    assertThat(score.path("likeliestPerCharacter").asInt()).isEqualTo(1);
    assertThat(score.path("open").asInt()).isEqualTo(1);
    assertThat(score.path("exact").asInt()).isEqualTo(1);
  }

  @Test
  void refusesWhatItCannotRead() throws Exception {
    assertThat(evaluate("{\"question\": \"a\"}")).isEqualTo(1);
    assertThat(err.toString()).contains("question 1: expected a text in 'answer'");
    assertThat(evaluate("{}", "--max-tokens", "0")).isEqualTo(2);
  }

  @Test
  void namesAFileThatIsMissing() {
    int exit =
        ResLora.commandLine()
            .setErr(new PrintWriter(err))
            .execute("evaluate", "none.jsonl", "--model", MODEL.toString());
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("reslora evaluate: none.jsonl: there is no such file");
  }
}
