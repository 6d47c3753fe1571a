package dev.reslora.pipeline.bench;

import java.util.List;

/**
 * What a chaos run found.
 *
 * @param rows times and counts; the last is the number of violations
 * @param violations each in a sentence; empty when nothing was lost, doubled or changed
 */
public record ChaosResult(List<BenchRow> rows, List<String> violations) {}
