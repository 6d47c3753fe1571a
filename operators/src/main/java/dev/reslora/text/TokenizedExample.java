package dev.reslora.text;

import org.jspecify.annotations.Nullable;

/**
 * An example as the trainer takes it. Made by {@code ExampleEncoder} in the tokenize stage,
 * consumed by the train stage, which keeps those of an unfinished batch in its state.
 *
 * @param adapterId the adapter that learns from it
 * @param exampleId the producer's id
 * @param topic where it was read
 * @param partition the partition read
 * @param offset the offset read
 * @param eventTime milliseconds since the epoch, UTC
 * @param tokens token ids with the model's special tokens; at least one
 * @param segments token type ids, or null when all are 0
 * @param lossFrom first token whose prediction counts (language models); 0 otherwise
 * @param label the class, or null for a language model and for a text whose class comes later
 * @param weight factor of the loss, at least 0, finite
 * @param bytes UTF-8 bytes of the text that is predicted (language models); 0 otherwise
 * @param source who gave it; null where that was not told
 * @param continued whether the record goes on in the next example: a long text is cut
 */
public record TokenizedExample(
    String adapterId,
    String exampleId,
    String topic,
    int partition,
    long offset,
    long eventTime,
    int[] tokens,
    int @Nullable [] segments,
    int lossFrom,
    @Nullable String label,
    float weight,
    int bytes,
    @Nullable String source,
    boolean continued) {

  /** The same with its label, another, or none. */
  public TokenizedExample labelled(@Nullable String other) {
    return new TokenizedExample(
        adapterId, exampleId, topic, partition, offset, eventTime, tokens, segments, lossFrom,
        other, weight, bytes, source, continued);
  }

  /** An example that is a whole record and no text to predict. */
  public TokenizedExample(
      String adapterId,
      String exampleId,
      String topic,
      int partition,
      long offset,
      long eventTime,
      int[] tokens,
      int @Nullable [] segments,
      int lossFrom,
      @Nullable String label,
      float weight) {
    this(
        adapterId, exampleId, topic, partition, offset, eventTime, tokens, segments, lossFrom,
        label, weight, 0, null, false);
  }
}
