package dev.reslora.schema;

import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.schema.avro.UnlabeledText;
import java.time.Instant;

/**
 * What a record of the training topic must hold beyond its schema. Checked once, by the decode
 * stage; producers may check before they send. Texts and labels are the tokenize stage's matter.
 */
public final class RecordRules {

  /** AdamW moves every weight by about its rate: far above any that learns, and safe in float32. */
  public static final double MAX_LEARNING_RATE = 10;

  private static final int MAX_ADAPTER_ID = 255;
  private static final int MAX_RECORD_ID = 1024;
  private static final int MAX_SOURCE = 255;

  /** Wide enough for any archive; a time beyond it is a wrong unit and would end event time. */
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  private RecordRules() {}

  public static void check(TrainingExample example) throws RejectedException {
    checkAdapterId(example.getAdapterId());
    checkLearns(example.getAdapterId());
    checkText("exampleId", example.getExampleId(), MAX_RECORD_ID);
    boolean joined =
        example.getPayload() instanceof UnlabeledText || example.getPayload() instanceof LaterLabel;
    if (joined && example.getExampleId().isBlank()) {
      throw invalid("exampleId", "a text and its later label to have one", "none");
    }
    if (example.getSource() != null) {
      checkText("source", example.getSource(), MAX_SOURCE);
    }
    checkEventTime(example.getEventTime());
    float weight = example.getWeight();
    if (!Float.isFinite(weight) || weight < 0) {
      throw invalid("weight", "a finite number of at least 0", String.valueOf(weight));
    }
  }

  public static void check(AdapterControl control) throws RejectedException {
    checkAdapterId(control.getAdapterId());
    if (control.getCommand() != AdapterCommand.DELETE) {
      checkLearns(control.getAdapterId());
    }
    checkText("commandId", control.getCommandId(), MAX_RECORD_ID);
    checkEventTime(control.getEventTime());
    if (control.getCommand() == AdapterCommand.UNKNOWN) {
      throw new RejectedException(
          RejectionReason.UNKNOWN_COMMAND, "command: expected one that this release knows");
    }
    Double rate = control.getLearningRate();
    boolean needed = control.getCommand() == AdapterCommand.SET_LEARNING_RATE;
    if (rate == null ? needed : !(rate > 0 && rate <= MAX_LEARNING_RATE)) {
      throw invalid(
          "learningRate", "a number above 0, at most " + MAX_LEARNING_RATE, String.valueOf(rate));
    }
    if (!control.getOptions().isEmpty() && control.getCommand() != AdapterCommand.CREATE) {
      throw invalid("options", "none but for CREATE", control.getOptions().keySet().toString());
    }
  }

  /**
   * An adapter id is a record key, a part of {@code adapterId#version} and a part of file names: it
   * has neither {@code #} nor control characters and at most 255 chars.
   */
  public static void checkAdapterId(String id) throws RejectedException {
    checkText("adapterId", id, MAX_ADAPTER_ID);
    if (id.isBlank() || id.indexOf('#') >= 0) {
      throw invalid("adapterId", "a text that is not blank and has no #", '"' + id + '"');
    }
  }

  private static void checkLearns(String id) throws RejectedException {
    if (ForkId.parse(id).isPresent()) {
      throw invalid("adapterId", "an adapter that learns", "the id of a fork, \"" + id + '"');
    }
  }

  private static void checkText(String field, String text, int maxLength) throws RejectedException {
    if (text.length() > maxLength) {
      throw invalid(field, "at most " + maxLength + " chars", String.valueOf(text.length()));
    }
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw invalid(field, "no control characters", "some");
    }
  }

  private static void checkEventTime(Instant time) throws RejectedException {
    if (time.isBefore(EARLIEST) || time.isAfter(LATEST)) {
      throw invalid("eventTime", "a time from " + EARLIEST + " to " + LATEST, time.toString());
    }
  }

  private static RejectedException invalid(String field, String expected, String found) {
    return new RejectedException(
        RejectionReason.INVALID_FIELD, field + ": expected " + expected + ", found " + found);
  }
}
