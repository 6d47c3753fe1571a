package dev.reslora.training;

import java.io.Serializable;
import java.util.List;

/**
 * What an example must be like to be trained on.
 *
 * @param duplicateWindow examples within which an id comes once; 0 does not look
 * @param minTokens least tokens, special ones included
 * @param maxRepetition largest share of bigrams that occurred before in the example (rep-2, Welleck
 *     et al. 2020); 1 takes all
 * @param labels those taken; empty: any
 * @param outlierDeviations standard deviations above the mean at which a loss is an outlier; 0
 *     takes all
 * @param sources how many are taken of one source
 */
public record AdmissionConfig(
    int duplicateWindow,
    int minTokens,
    double maxRepetition,
    List<String> labels,
    double outlierDeviations,
    SourceConfig sources)
    implements Serializable {

  /** Of whatever source. */
  public AdmissionConfig(
      int duplicateWindow,
      int minTokens,
      double maxRepetition,
      List<String> labels,
      double outlierDeviations) {
    this(duplicateWindow, minTokens, maxRepetition, labels, outlierDeviations, SourceConfig.OFF);
  }

  public static final AdmissionConfig OFF = new AdmissionConfig(0, 0, 1, List.of(), 0);
}
