package dev.reslora.text;

/**
 * A label that comes after its text. Made by the tokenize stage, consumed by the train stage.
 *
 * @param adapterId the adapter
 * @param exampleId the text's id
 * @param topic where the label was read
 * @param partition the partition read
 * @param offset the offset read
 * @param eventTime milliseconds since the epoch, UTC
 * @param label the class
 * @param correction whether to train anew where the text has been trained on with another class
 */
public record LateLabel(
    String adapterId,
    String exampleId,
    String topic,
    int partition,
    long offset,
    long eventTime,
    String label,
    boolean correction) {}
