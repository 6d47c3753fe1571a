package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.schema.avro.UnlabeledText;
import java.time.Instant;
import java.util.List;

/**
 * A text as streams give it and {@link ExampleProducer} sends it: with its class, or for a language
 * model alone, as what completes a prompt, or as a conversation.
 *
 * @param adapterId the adapter that is to learn from it
 * @param exampleId the stream's own id
 * @param eventTime when it came to be
 * @param text the text; what completes the prompt; what is said last; empty where it came before
 * @param label its class; empty for a language model, and where it comes later
 * @param payload as the record carries it
 */
public record LabeledExample(
    String adapterId,
    String exampleId,
    Instant eventTime,
    String text,
    String label,
    Object payload) {

  /** A text with its class; without one where that is empty. */
  public LabeledExample(
      String adapterId, String exampleId, Instant eventTime, String text, String label) {
    this(
        adapterId,
        exampleId,
        eventTime,
        text,
        label,
        label.isEmpty() ? new PlainText(text) : new LabeledText(text, label));
  }

  /** A text whose class comes later. */
  static LabeledExample unlabeled(
      String adapterId, String exampleId, Instant eventTime, String text) {
    return new LabeledExample(adapterId, exampleId, eventTime, text, "", new UnlabeledText(text));
  }

  /** The class of a text that came before. */
  static LabeledExample later(
      String adapterId, String exampleId, Instant eventTime, LaterLabel later) {
    return new LabeledExample(adapterId, exampleId, eventTime, "", later.getLabel(), later);
  }

  /** What completes a prompt. */
  static LabeledExample completing(
      String adapterId, String exampleId, Instant eventTime, PromptCompletion pair) {
    return new LabeledExample(adapterId, exampleId, eventTime, pair.getCompletion(), "", pair);
  }

  /** A conversation, of at least one message. */
  static LabeledExample conversation(
      String adapterId, String exampleId, Instant eventTime, List<ChatMessage> messages) {
    String last = messages.get(messages.size() - 1).getContent();
    return new LabeledExample(
        adapterId, exampleId, eventTime, last, "", new ChatMessages(messages));
  }

  /** The same at another time. */
  public LabeledExample at(Instant time) {
    return new LabeledExample(adapterId, exampleId, time, text, label, payload);
  }

  /** The record that carries it. */
  public TrainingExample toRecord() {
    return TrainingExample.newBuilder()
        .setAdapterId(adapterId)
        .setExampleId(exampleId)
        .setEventTime(eventTime)
        .setPayload(payload)
        .build();
  }
}
