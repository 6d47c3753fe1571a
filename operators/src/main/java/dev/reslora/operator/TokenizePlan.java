package dev.reslora.operator;

import dev.reslora.text.TextFilter;
import dev.reslora.text.TextTooLong;
import java.io.Serializable;
import java.util.List;

/**
 * Settings of the tokenize stage.
 *
 * @param modelDirectory where the model's tokenizer is
 * @param maxTokens longest example; 0: what the model can take
 * @param tooLong what becomes of a longer one
 * @param filter texts that are taken
 * @param adapters adapter ids that may train; empty: any
 * @param deadLetterBytes most bytes of a rejected value that are kept
 */
public record TokenizePlan(
    String modelDirectory,
    int maxTokens,
    TextTooLong tooLong,
    TextFilter filter,
    List<String> adapters,
    int deadLetterBytes)
    implements Serializable {}
