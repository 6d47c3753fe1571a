package dev.reslora.evaluation;

/**
 * How well a model does on a stretch of the stream; everything but the loss is NaN where it has no
 * labels, everything where nothing was seen.
 *
 * @param examples behind the figures, by weight
 * @param loss mean, nats
 * @param accuracy share predicted right
 * @param macroF1 mean F1 of the labels that occurred or were predicted
 * @param calibrationError expected calibration error (Guo et al. 2017), 15 bins of equal width
 */
public record Figures(
    double examples, double loss, double accuracy, double macroF1, double calibrationError) {}
