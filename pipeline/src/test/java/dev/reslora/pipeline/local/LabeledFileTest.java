package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.UnlabeledText;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabeledFileTest {

  @TempDir Path directory;

  @Test
  void readsJsonLinesWithEveryField() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"text": "hello", "label": "greeting", "adapterId": "mine", "exampleId": "7",\
             "eventTime": "2024-05-06T07:08:09+02:00"}

            {"text": "bye", "label": 3, "eventTime": 1700000000000}
            """);
    assertThat(read(file, "other", false))
        .containsExactly(
            new LabeledExample(
                "mine", "7", Instant.parse("2024-05-06T05:08:09Z"), "hello", "greeting"),
            new LabeledExample(
                "other", file + ":3", Instant.ofEpochMilli(1_700_000_000_000L), "bye", "3"));
  }

  @Test
  void readsTextsAndLabelsThatComeApart() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"text": "both", "label": "b", "exampleId": "1"}
            {"text": "alone", "exampleId": "2"}
            {"label": "a", "exampleId": "2"}
            {"label": "c", "exampleId": "2", "correction": true}
            {"label": "of nothing"}
            {"exampleId": "3"}
            """);
    try (LabeledStream stream = LabeledStreams.apart(file.toString(), "mine", true)) {
      List<LabeledExample> examples = all(stream);
      assertThat(examples)
          .extracting(example -> example.toRecord().getPayload())
          .containsExactly(
              new LabeledText("both", "b"),
              new UnlabeledText("alone"),
              new LaterLabel("a", false),
              new LaterLabel("c", true));
      assertThat(examples)
          .extracting(LabeledExample::exampleId)
          .containsExactly("1", "2", "2", "2");
      assertThat(stream.skipped()).isEqualTo(2);
    }
  }

  @Test
  void readsTextsAndCompletionsForALanguageModel() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"prompt": "one, two,", "completion": " three", "eventTime": 1}
            {"text": "on and on", "label": "ignored", "eventTime": 2}
            {"completion": "begin", "eventTime": 3}
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]}
            {"messages": []}
            {"messages": [{"role": "user", "content": 3}]}
            {"prompt": "nothing follows"}
            """);
    try (LabeledStream stream = LabeledStreams.texts(file.toString(), "mine", true)) {
      assertThat(all(stream))
          .extracting(example -> example.toRecord().getPayload())
          .containsExactly(
              new PromptCompletion("one, two,", " three"),
              new PlainText("on and on"),
              new PromptCompletion("", "begin"),
              new ChatMessages(
                  List.of(new ChatMessage("user", "Hi"), new ChatMessage("assistant", ""))));
      assertThat(stream.skipped()).isEqualTo(3);
    }
  }

  @Test
  void readsCsvWithQuotesAndLineBreaks() throws IOException {
    Path file = write("a.csv", "label,text\nspam,\"win, \"\"now\"\"\nor never\"\nham,see you\n");
    assertThat(read(file, "mine", false))
        .extracting(LabeledExample::text)
        .containsExactly("win, \"now\"\nor never", "see you");
  }

  @Test
  void namesTheLineAndWhatIsWrongWithIt() throws IOException {
    Path file =
        write("a.jsonl", "{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\" \",\"label\":\"b\"}\n");
    assertThatThrownBy(() -> read(file, "mine", false))
        .isInstanceOf(MalformedLineException.class)
        .hasMessageContaining("a.jsonl line 2")
        .hasMessageContaining("'text'");
  }

  @Test
  void namesALineThatIsNoJson() throws IOException {
    Path file = write("a.jsonl", "{\"text\":\"a\"\n");
    assertThatThrownBy(() -> read(file, "mine", false))
        .hasMessageContaining("a.jsonl line 1: expected a JSON object, found Unexpected")
        .hasMessageNotContaining("Source:");
  }

  @Test
  void namesTheRowOfACsvFile() throws IOException {
    Path file = write("a.csv", "text,label\na,b\nc,\n");
    assertThatThrownBy(() -> read(file, "mine", false))
        .hasMessageContaining("line 3")
        .hasMessageContaining("'label'");
  }

  @Test
  void skipsAndCountsBadLinesWhenAsked() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"text": "a", "label": "x"}
            not json
            [1, 2]
            {"text": "a", "label": "x", "eventTime": "yesterday"}
            {"text": "a", "label": "x"} trailing
            {"text": "b", "label": "y"}
            """);
    try (LabeledStream stream = LabeledStreams.open(file.toString(), "mine", true)) {
      assertThat(all(stream)).extracting(LabeledExample::text).containsExactly("a", "b");
      assertThat(stream.skipped()).isEqualTo(4);
    }
  }

  @Test
  void asksForAnAdapterWhereNoneIsNamed() throws IOException {
    Path file = write("a.jsonl", "{\"text\":\"a\",\"label\":\"b\"}\n");
    assertThatThrownBy(() -> read(file, null, false)).hasMessageContaining("'adapterId'");
  }

  @Test
  void saysThatAFileIsMissing() {
    assertThatThrownBy(() -> read(directory.resolve("none.jsonl"), "mine", false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.jsonl");
  }

  @Test
  void holdsNoLineLongerThanTheLimit() throws IOException {
    try (BoundedLines lines = new BoundedLines(new StringReader("abcdef\r\nab\n\nx"), 4)) {
      assertThat(lines.next()).isEqualTo("abcd");
      assertThat(lines.wasCut()).isTrue();
      assertThat(lines.next()).isEqualTo("ab");
      assertThat(lines.wasCut()).isFalse();
      assertThat(lines.next()).isEmpty();
      assertThat(lines.next()).isEqualTo("x");
      assertThat(lines.number()).isEqualTo(4);
      assertThat(lines.next()).isNull();
    }
  }

  @Test
  void takesMutatedFilesForExamplesOrNamedFaultsOnly() throws IOException {
    String json = "{\"text\":\"a b\",\"label\":\"x\",\"eventTime\":12}\n".repeat(3);
    String csv = "text,label,eventTime\n\"a b\",x,12\nc,y,\n";
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      acceptsOrNamesTheLine(write("fuzz.jsonl", mutate(json, random)));
      acceptsOrNamesTheLine(write("fuzz.csv", mutate(csv, random)));
    }
  }

  private static void acceptsOrNamesTheLine(Path file) throws IOException {
    try {
      assertThat(read(file, "mine", false)).allMatch(example -> !example.text().isBlank());
    } catch (MalformedLineException e) {
      assertThat(e).hasMessageContaining(" line ");
    }
  }

  private static String mutate(String text, Random random) {
    StringBuilder mutated = new StringBuilder(text);
    for (int flips = 0; flips < 3; flips++) {
      mutated.setCharAt(random.nextInt(mutated.length()), (char) (1 + random.nextInt(126)));
    }
    return mutated.toString();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static List<LabeledExample> read(Path file, @Nullable String adapter, boolean skipBad)
      throws IOException {
    try (LabeledStream stream = LabeledStreams.open(file.toString(), adapter, skipBad)) {
      return all(stream);
    }
  }

  private static List<LabeledExample> all(LabeledStream stream) throws IOException {
    List<LabeledExample> examples = new ArrayList<>();
    for (LabeledExample e = stream.next(); e != null; e = stream.next()) {
      examples.add(e);
    }
    return examples;
  }
}
