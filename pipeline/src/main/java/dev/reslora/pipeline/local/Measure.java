package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.StepReport;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What step reports are judged by: a mean of the adapter's, and the frozen model's beside it. */
public enum Measure {

  /** Share of examples whose label was predicted, of a classifier. */
  ACCURACY("accuracy", "accuracy", "accuracy, tested before trained (%)", 100, "%.1f %%") {
    @Override
    Optional<Sum> adapted(StepReport report) {
      return correct(report.getCorrect(), report);
    }

    @Override
    Optional<Sum> frozen(StepReport report) {
      return correct(report.getBaselineCorrect(), report);
    }
  },

  /** Bits to a byte of the text that was predicted, of a language model. */
  BITS_PER_BYTE("bits/byte", "bits-per-byte", "bits per byte, tested before trained", 1, "%.3f") {
    @Override
    Optional<Sum> adapted(StepReport report) {
      return bits(report.getLoss(), report);
    }

    @Override
    Optional<Sum> frozen(StepReport report) {
      return bits(report.getBaselineLoss(), report);
    }
  };

  /** A step's part of a mean. */
  record Sum(double value, double weight) {}

  private final String label;
  private final String file;
  private final String axis;
  private final double scale;
  private final String format;

  Measure(String label, String file, String axis, double scale, String format) {
    this.label = label;
    this.file = file;
    this.axis = axis;
    this.scale = scale;
    this.format = format;
  }

  /** What the adapter made of the batch before it was trained on; empty where it was not judged. */
  abstract Optional<Sum> adapted(StepReport report);

  /** What the frozen model made of it; empty where it was not run. */
  abstract Optional<Sum> frozen(StepReport report);

  private static Optional<Sum> correct(@Nullable Double correct, StepReport report) {
    return Optional.ofNullable(correct).map(count -> new Sum(count, report.getExamples()));
  }

  private static Optional<Sum> bits(@Nullable Double loss, StepReport report) {
    return report.getBytes() == 0
        ? Optional.empty()
        : Optional.ofNullable(loss)
            .map(nats -> new Sum(nats * report.getPredictions() / Math.log(2), report.getBytes()));
  }

  /** Its name. */
  String label() {
    return label;
  }

  /** Name of files and fields that hold it. */
  String file() {
    return file;
  }

  /** What it can be at most, as charts show it; empty where nothing bounds it. */
  Optional<Double> range() {
    return this == ACCURACY ? Optional.of(scale) : Optional.empty();
  }

  /** Title of a chart's axis. */
  String axis() {
    return axis;
  }

  /** How a chart's axis writes numbers. */
  String pattern() {
    return this == ACCURACY ? "#,###" : "0.0";
  }

  /** A mean as charts show it. */
  double scaled(double mean) {
    return scale * mean;
  }

  /** A mean for a person; a dash where there is none. */
  String text(Optional<Double> mean) {
    return mean.map(value -> String.format(Locale.ROOT, format, scaled(value))).orElse("-");
  }
}
