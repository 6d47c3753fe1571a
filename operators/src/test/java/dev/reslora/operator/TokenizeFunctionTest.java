package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.text.TextFilter;
import dev.reslora.text.TextTooLong;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // the harness's close may be interrupted
class TokenizeFunctionTest {

  private static final Path MODEL = TestModels.tiny();

  @Test
  void keepsExamplesAndCommandsInTheirOrder() throws Exception {
    try (var harness = open(plan(MODEL, 0, List.of()))) {
      harness.processElement(new StreamRecord<>(example("a", 0, "abc"), 5));
      harness.processElement(new StreamRecord<>(command("a", 1), 6));
      harness.processElement(new StreamRecord<>(example("a", 2, "de"), 7));

      List<TrainingInput> inputs = harness.extractOutputValues();
      assertThat(inputs)
          .extracting(input -> input.command() != null)
          .containsExactly(false, true, false);
      assertThat(inputs).extracting(TrainingInput::adapterId).containsOnly("a");
      assertThat(Objects.requireNonNull(inputs.get(2).example()).offset()).isEqualTo(2);
    }
  }

  @Test
  void rejectsWithReasonAndOrigin() throws Exception {
    try (var harness = open(plan(MODEL, 0, List.of("known")))) {
      harness.processElement(new StreamRecord<>(example("known", 0, " ")));
      harness.processElement(new StreamRecord<>(example("stranger", 1, "abc")));
      harness.processElement(new StreamRecord<>(command("stranger", 2)));
      harness.processElement(new StreamRecord<>(example("known", 3, "abc")));
      harness.processElement(new StreamRecord<>(example("known", 4, "a12345:;")));

      List<RejectedRecord> rejected =
          harness.getSideOutput(RejectedRecords.OUTPUT).stream()
              .map(StreamRecord::getValue)
              .toList();
      assertThat(harness.extractOutputValues()).hasSize(1);
      assertThat(rejected)
          .extracting(RejectedRecord::getReason)
          .containsExactly(
              RejectionReason.EMPTY_TEXT,
              RejectionReason.UNKNOWN_ADAPTER,
              RejectionReason.UNKNOWN_ADAPTER,
              RejectionReason.GIBBERISH);
      assertThat(rejected).extracting(RejectedRecord::getOffset).containsExactly(0L, 1L, 2L, 4L);
      assertThat(rejected).extracting(RejectedRecord::getStage).containsOnly("tokenize");
    }
  }

  @Test
  void failsForGoodOnAModelThatDoesNotFit() {
    assertThatThrownBy(() -> open(plan(MODEL, 1_000_000, List.of())).close())
        .isInstanceOf(SuppressRestartsException.class)
        .rootCause()
        .hasMessageContaining("maxTokens");
    assertThatThrownBy(() -> open(plan(MODEL.resolve("none"), 0, List.of())).close())
        .isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void sendsExamplesAndCommandsOverTheEdgeUnchanged() throws Exception {
    TrainingInputSerializer serializer = new TrainingInputSerializer();
    try (var harness = open(plan(MODEL, 0, List.of()))) {
      harness.processElement(new StreamRecord<>(example("a", 0, "abc")));
      harness.processElement(new StreamRecord<>(command("a", 1)));
      List<TrainingInput> sent = harness.extractOutputValues();

      DataOutputSerializer bytes = new DataOutputSerializer(64);
      for (TrainingInput input : sent) {
        serializer.serialize(input, bytes);
      }
      DataInputDeserializer in = new DataInputDeserializer(bytes.getCopyOfBuffer());
      TrainingInput example = serializer.duplicate().deserialize(in);
      assertThat(Objects.requireNonNull(example.example()).tokens())
          .isEqualTo(Objects.requireNonNull(sent.get(0).example()).tokens());
      assertThat(serializer.deserialize(in)).isEqualTo(sent.get(1));
      assertThat(in.available()).isZero();
    }
  }

  private static OneInputStreamOperatorTestHarness<DecodedRecord, TrainingInput> open(
      TokenizePlan plan) throws Exception {
    OneInputStreamOperatorTestHarness<DecodedRecord, TrainingInput> harness =
        new OneInputStreamOperatorTestHarness<>(new ProcessOperator<>(new TokenizeFunction(plan)));
    harness.open();
    return harness;
  }

  private static TokenizePlan plan(Path model, int maxTokens, List<String> adapters) {
    return new TokenizePlan(
        model.toString(), maxTokens, TextTooLong.TRUNCATE, new TextFilter(0.5), adapters, 1024);
  }

  private static DecodedRecord example(String adapterId, long offset, String text) {
    return DecodedRecord.of(
        new Origin("examples", 0, offset, 1),
        new TrainingExample(
            adapterId, "e" + offset, Instant.EPOCH, new LabeledText(text, "label"), 1f, null));
  }

  private static DecodedRecord command(String adapterId, long offset) {
    return DecodedRecord.of(
        new Origin("examples", 0, offset, 1),
        new AdapterControl(
            adapterId, "c" + offset, Instant.EPOCH, AdapterCommand.PUBLISH, null, Map.of()));
  }
}
