package dev.reslora.training;

import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says which examples are not trained on, and why. */
final class Admission {

  /** Losses before one can be an outlier. */
  private static final long SETTLED = 100;

  /** A loss counts this much less with every one after it. */
  private static final double FADING = 0.995;

  private final AdmissionConfig config;
  private final Set<String> labels;
  private final RecentIds ids;
  private final SourceCounts sources;
  private long losses;
  private double weight;
  private double sum;
  private double squares;

  Admission(AdmissionConfig config) {
    this(config, new RecentIds(config.duplicateWindow()));
  }

  private Admission(AdmissionConfig config, RecentIds ids) {
    this.config = config;
    this.labels = Set.copyOf(config.labels());
    this.ids = ids;
    this.sources = new SourceCounts(config.sources());
  }

  /** Why an example is not taken. */
  record Refusal(RejectionReason reason, String message) {}

  /** Looks at an example that has come. */
  @Nullable Refusal refusal(TokenizedExample example) {
    int tokens = example.tokens().length;
    if (tokens < config.minTokens()) {
      return new Refusal(
          RejectionReason.TEXT_TOO_SHORT,
          "expected at least " + config.minTokens() + " tokens, found " + tokens);
    }
    double repetition = repetition(example.tokens());
    if (repetition > config.maxRepetition()) {
      return new Refusal(
          RejectionReason.REPETITIVE_TEXT,
          "expected a share of repeated bigrams up to %s, found %.3f"
              .formatted(config.maxRepetition(), repetition));
    }
    Refusal label = labelRefusal(example.label());
    if (label != null) {
      return label;
    }
    String source = example.source();
    if (source != null && !sources.admits(source, example.eventTime())) {
      return new Refusal(
          RejectionReason.SOURCE_LIMIT,
          "expected at most %d examples of source %s in %s of event time"
              .formatted(config.sources().limit(), source, config.sources().interval()));
    }
    if (ids.repeats(example)) {
      return new Refusal(
          RejectionReason.DUPLICATE,
          "id "
              + example.exampleId()
              + " has come within the last "
              + config.duplicateWindow()
              + " examples");
    }
    return null;
  }

  /** Takes an example that nothing refuses: another of its id is a duplicate from here on. */
  void admit(TokenizedExample example) {
    ids.add(example);
  }

  /** An example that was taken is refused after all: it may be sent again. */
  void dismiss(TokenizedExample example) {
    ids.remove(example);
  }

  /** Why no example is taken with this label. */
  @Nullable Refusal labelRefusal(@Nullable String label) {
    return label == null || labels.isEmpty() || labels.contains(label)
        ? null
        : new Refusal(
            RejectionReason.UNKNOWN_LABEL,
            "expected one of " + labels.size() + " labels, found " + label);
  }

  /** Share of bigrams that occurred before. */
  static double repetition(int[] tokens) {
    if (tokens.length < 2) {
      return 0;
    }
    Set<Long> bigrams = new HashSet<>();
    for (int i = 1; i < tokens.length; i++) {
      bigrams.add((long) tokens[i - 1] << 32 | tokens[i]);
    }
    return 1 - bigrams.size() / (tokens.length - 1.0);
  }

  /** Losses above this are outliers; infinite while too few are known. */
  double largestLoss() {
    if (config.outlierDeviations() == 0 || losses < SETTLED) {
      return Double.POSITIVE_INFINITY;
    }
    double mean = sum / weight;
    double deviation = Math.sqrt(Math.max(0, squares / weight - mean * mean));
    return mean + config.outlierDeviations() * deviation;
  }

  /** Takes the loss of an example, outlier or not: after a drift they soon are none. */
  void lost(double loss) {
    losses++;
    weight = FADING * weight + 1;
    sum = FADING * sum + loss;
    squares = FADING * squares + loss * loss;
  }

  long heapBytes() {
    return ids.heapBytes();
  }

  /** Counts of sources, a part of the state of their own. */
  SourceCounts sources() {
    return sources;
  }

  void write(DataOutput out) throws IOException {
    out.writeLong(losses);
    out.writeDouble(weight);
    out.writeDouble(sum);
    out.writeDouble(squares);
    ids.write(out);
  }

  static Admission read(AdmissionConfig config, DataInput in) throws IOException {
    long losses = in.readLong();
    double weight = in.readDouble();
    double sum = in.readDouble();
    double squares = in.readDouble();
    Admission admission = new Admission(config, RecentIds.read(config.duplicateWindow(), in));
    admission.losses = losses;
    admission.weight = weight;
    admission.sum = sum;
    admission.squares = squares;
    return admission;
  }
}
