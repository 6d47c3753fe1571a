package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.TrainingExample;
import java.time.Instant;

/**
 * A text with its class, as streams give it and {@link ExampleProducer} sends it.
 *
 * @param adapterId the adapter that is to learn from it
 * @param exampleId the stream's own id
 * @param eventTime when it came to be
 * @param text the text
 * @param label its class
 */
public record LabeledExample(
    String adapterId, String exampleId, Instant eventTime, String text, String label) {

  /** The record that carries it. */
  public TrainingExample toRecord() {
    return TrainingExample.newBuilder()
        .setAdapterId(adapterId)
        .setExampleId(exampleId)
        .setEventTime(eventTime)
        .setPayload(new LabeledText(text, label))
        .build();
  }
}
