package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.TrainingExample;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A text as streams give it and {@link ExampleProducer} sends it: with its class, or for a language
 * model alone or as what completes a prompt.
 *
 * @param adapterId the adapter that is to learn from it
 * @param exampleId the stream's own id
 * @param eventTime when it came to be
 * @param prompt what the text completes; null where it does not
 * @param text the text
 * @param label its class; empty for a language model
 */
public record LabeledExample(
    String adapterId,
    String exampleId,
    Instant eventTime,
    @Nullable String prompt,
    String text,
    String label) {

  /** A text with its class. */
  public LabeledExample(
      String adapterId, String exampleId, Instant eventTime, String text, String label) {
    this(adapterId, exampleId, eventTime, null, text, label);
  }

  /** The record that carries it. */
  public TrainingExample toRecord() {
    return TrainingExample.newBuilder()
        .setAdapterId(adapterId)
        .setExampleId(exampleId)
        .setEventTime(eventTime)
        .setPayload(payload())
        .build();
  }

  private Object payload() {
    if (prompt != null) {
      return new PromptCompletion(prompt, text);
    }
    return label.isEmpty() ? new PlainText(text) : new LabeledText(text, label);
  }
}
