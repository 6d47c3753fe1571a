package dev.reslora.schema;

import static dev.reslora.schema.Faults.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.schema.avro.UnlabeledText;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordRulesTest {

  @Test
  void takesTheSamples() {
    assertThatCode(() -> RecordRules.check(Samples.example())).doesNotThrowAnyException();
    assertThatCode(() -> RecordRules.check(Samples.control())).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "a\nb", "a\u0000", "a#1", "\u0085"})
  void refusesAdapterIdsThatCannotBeKeysAndNames(String id) {
    refused(example -> example.setAdapterId(id), "adapterId: expected");
  }

  @Test
  void takesForAForkNothingButItsDeletion() {
    refused(
        example -> example.setAdapterId("mail.fork-3"),
        "adapterId: expected an adapter that learns, found the id of a fork, \"mail.fork-3\"");
    AdapterControl control = Samples.control();
    control.setAdapterId("mail.fork-3");
    control.setCommand(AdapterCommand.RESUME);
    assertThat(reasonOf(() -> RecordRules.check(control))).isEqualTo(RejectionReason.INVALID_FIELD);
    control.setCommand(AdapterCommand.DELETE);
    control.setLearningRate(null);
    assertThatCode(() -> RecordRules.check(control)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1e-3f})
  void refusesWeightsThatAreNone(float weight) {
    refused(example -> example.setWeight(weight), "weight: expected a finite number");
  }

  @Test
  void refusesOverlongIds() {
    refused(example -> example.setAdapterId("a".repeat(256)), "at most 255 chars, found 256");
    refused(example -> example.setExampleId("e".repeat(1025)), "exampleId: expected at most 1024");
  }

  @Test
  void wantsAnIdWhereALabelComesLater() {
    for (Object payload : List.of(new UnlabeledText("a"), new LaterLabel("b", false))) {
      refused(
          example -> {
            example.setPayload(payload);
            example.setExampleId(" ");
          },
          "exampleId: expected a text and its later label to have one");
    }
  }

  @Test
  void refusesTimesOfAWrongUnit() {
    Instant microseconds = Instant.ofEpochMilli(1_700_000_000_000_000L);

    refused(example -> example.setEventTime(microseconds), "eventTime: expected a time");
    refused(example -> example.setEventTime(Instant.ofEpochMilli(Long.MIN_VALUE)), "eventTime");
  }

  @Test
  void takesTimesBeforeTheEpoch() {
    TrainingExample example = Samples.example();
    example.setEventTime(Instant.parse("1790-01-08T00:00:00Z"));

    assertThatCode(() -> RecordRules.check(example)).doesNotThrowAnyException();
  }

  @Test
  void wantsALearningRateWhereOneIsSetAndNoneThatIsNone() {
    AdapterControl control = Samples.control();
    control.setCommand(AdapterCommand.SET_LEARNING_RATE);
    assertThat(reasonOf(() -> RecordRules.check(control))).isEqualTo(RejectionReason.INVALID_FIELD);
    control.setLearningRate(1e-3);
    assertThatCode(() -> RecordRules.check(control)).doesNotThrowAnyException();
    control.setLearningRate(1e38);
    assertThat(reasonOf(() -> RecordRules.check(control))).isEqualTo(RejectionReason.INVALID_FIELD);
    control.setCommand(AdapterCommand.CREATE);
    control.setLearningRate(Double.NaN);
    assertThat(reasonOf(() -> RecordRules.check(control))).isEqualTo(RejectionReason.INVALID_FIELD);
  }

  @Test
  void refusesACommandOfANewerRelease() {
    AdapterControl control = Samples.control();
    control.setCommand(AdapterCommand.UNKNOWN);

    assertThat(reasonOf(() -> RecordRules.check(control)))
        .isEqualTo(RejectionReason.UNKNOWN_COMMAND);
  }

  private static void refused(Consumer<TrainingExample> change, String message) {
    TrainingExample example = Samples.example();
    change.accept(example);

    assertThatThrownBy(() -> RecordRules.check(example)).hasMessageContaining(message);
    assertThat(reasonOf(() -> RecordRules.check(example))).isEqualTo(RejectionReason.INVALID_FIELD);
  }
}
