package dev.reslora.training;

import java.io.Serializable;

/**
 * A file of examples that are never learned from, whose loss tells what is forgotten.
 *
 * @param file JSON lines, see {@link AnchorFile}
 * @param maxTokens most tokens of an example, longer ones are cut; 0: as many as the model takes
 * @param everySteps optimizer steps between measurements, beside those of each candidate; 0: none
 */
public record AnchorSource(String file, int maxTokens, long everySteps) implements Serializable {}
