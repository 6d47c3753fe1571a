package dev.reslora.text;

/**
 * One text, or two that are read together, as the model takes them. Made by {@link Tokenizer}.
 *
 * @param tokens token ids, the model's special tokens among them
 * @param segments token type ids, as long as tokens
 * @param content how many of the tokens stand for the text itself
 * @param truncated whether the text had more tokens than the limit
 */
public record TokenizedText(int[] tokens, int[] segments, int content, boolean truncated) {}
