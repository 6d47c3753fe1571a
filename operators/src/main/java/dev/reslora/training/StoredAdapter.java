package dev.reslora.training;

import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.Merger;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.OffsetRange;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An adapter's state as a checkpoint holds it, read without its base model and without an engine:
 * to look at, to take along, to begin another job with.
 */
public final class StoredAdapter {

  private static final String LEARNER = "adapter";

  private final Sections sections;
  private final StateIdentity identity;
  private final AdapterShape shape;
  private final AdapterState state;
  private final Learner.Progress progress;

  private StoredAdapter(String adapterId, Sections sections) {
    this.sections = sections;
    this.identity = StateIdentity.read(adapterId, sections);
    this.shape = AdapterShape.told(identity.lines());
    this.state = AdapterState.read(sections);
    this.progress = Learner.Progress.read(sections, LEARNER);
  }

  /**
   * Reads what {@link AdapterTraining#checkpoint} wrote.
   *
   * @throws IncompatibleStateException when this release cannot
   */
  public static StoredAdapter read(String adapterId, SortedMap<String, byte[]> stored) {
    try {
      return new StoredAdapter(adapterId, new Sections(stored));
    } catch (IllegalArgumentException e) {
      throw new IncompatibleStateException("adapter " + adapterId + ": " + e.getMessage());
    }
  }

  /**
   * Where it stands.
   *
   * @param step optimizer steps taken
   * @param examples trained on
   * @param batches micro-batches begun
   * @param eventTime latest that was trained on, milliseconds; null before the first
   * @param paused whether it refuses examples
   * @param labels of the classifier's rows
   * @param waiting examples of the unfinished micro-batch
   * @param trained examples since the version before
   * @param skipped examples since the version before that were not trained on
   * @param offsets since the version before
   */
  public record Progress(
      long step,
      long examples,
      long batches,
      @Nullable Long eventTime,
      boolean paused,
      List<String> labels,
      int waiting,
      long trained,
      long skipped,
      List<Offsets> offsets) {}

  /** Offsets [from, to) of a partition. */
  public record Offsets(String topic, int partition, long from, long to) {

    private static Offsets of(OffsetRange range) {
      return new Offsets(range.getTopic(), range.getPartition(), range.getFrom(), range.getTo());
    }
  }

  public Progress progress() {
    return new Progress(
        progress.step(),
        state.totalExamples,
        state.batches,
        state.eventTime == AdapterState.NEVER ? null : (Long) state.eventTime,
        state.paused,
        state.labels.names(),
        state.batch.size(),
        state.ledger.trained(),
        state.ledger.skipped(),
        state.ledger.ranges().stream().map(Offsets::of).toList());
  }

  /** What a job must have to take it, a line each. */
  public List<String> identity() {
    return identity.lines();
  }

  /** SHA-256, hex, of the base model. */
  public String baseModelDigest() {
    return identity.baseModelDigest();
  }

  /** Its factors; without places in a model. */
  public AdapterShape shape() {
    return shape;
  }

  /**
   * The adapter without its shortcut, where that takes nothing but its factors: none and block. The
   * others are fitted on recent activations, which takes the base model.
   */
  public Optional<MergedAdapter> merged() {
    Shortcut shortcut = shape.config().shortcut();
    if (shortcut != Shortcut.NONE && shortcut != Shortcut.BLOCK) {
      return Optional.empty();
    }
    float[] params = numbers("params");
    return Optional.of(new MergedAdapter(Merger.exact(shape, params), head(params)));
  }

  private @Nullable ClassifierHead head(float[] params) {
    String pooling = identity.pooling().orElse(null);
    if (pooling == null) {
      return null;
    }
    int bias = params.length - progress.labels();
    return new ClassifierHead(
        state.labels.names().subList(0, progress.labels()),
        pooling,
        hidden(params.length),
        Arrays.copyOfRange(params, shape.plan().size(), bias),
        Arrays.copyOfRange(params, bias, params.length));
  }

  /** Width of the pooled vector, which an adapter without labels does not tell. */
  private int hidden(int numbers) {
    int labels = progress.labels();
    return labels == 0 ? 0 : (numbers - shape.plan().size()) / labels - 1;
  }

  private float[] numbers(String name) {
    String section = LEARNER + "." + name;
    return sections.floats(section, sections.size(section) / Float.BYTES);
  }

  /**
   * One of the adapter's numbers.
   *
   * @param values row-major
   */
  public record Tensor(float[] values, long... shape) {}

  /**
   * Factors and head as they learn, with AdamW's moments: {@code <module>.lora_A.weight}, the same
   * with {@code .exp_avg} and {@code .exp_avg_sq}, {@code head.weight} and {@code head.bias}; with
   * {@code .grad} what is summed for a step that is not complete.
   */
  public SortedMap<String, Tensor> tensors() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    cut("", numbers("params"), tensors);
    cut(".exp_avg", numbers("moment1"), tensors);
    cut(".exp_avg_sq", numbers("moment2"), tensors);
    if (progress.summed() > 0) {
      cut(".grad", numbers("sum"), tensors);
    }
    return tensors;
  }

  private void cut(String suffix, float[] flat, SortedMap<String, Tensor> tensors) {
    int rank = shape.plan().rank();
    IntStream.range(0, shape.links().length)
        .forEach(
            f -> {
              String module = shape.plan().targets().get(f).module();
              int in = shape.plan().targets().get(f).in();
              int out = shape.plan().targets().get(f).out();
              int a = shape.offsetA(f);
              int b = shape.offsetB(f);
              tensors.put(
                  module + ".lora_A.weight" + suffix,
                  new Tensor(Arrays.copyOfRange(flat, a, a + rank * in), rank, in));
              tensors.put(
                  module + ".lora_B.weight" + suffix,
                  new Tensor(Arrays.copyOfRange(flat, b, b + out * rank), out, rank));
            });
    int labels = progress.labels();
    if (labels > 0) {
      int bias = flat.length - labels;
      tensors.put(
          "head.weight" + suffix,
          new Tensor(
              Arrays.copyOfRange(flat, shape.plan().size(), bias), labels, hidden(flat.length)));
      tensors.put(
          "head.bias" + suffix, new Tensor(Arrays.copyOfRange(flat, bias, flat.length), labels));
    }
  }

  /**
   * The state of an adapter that goes on learning where this one stands, and has published nothing
   * and counted nothing: a chain of versions of its own, from whatever offsets come. The unfinished
   * micro-batch stays behind, and texts that wait for labels, for they have offsets of another
   * chain.
   */
  public SortedMap<String, byte[]> asNew() {
    SortedMap<String, byte[]> copied = new TreeMap<>(sections.entries());
    for (String name : AdapterState.OF_ITS_OFFSETS) {
      copied.keySet().removeIf(entry -> entry.startsWith(name + "#"));
    }
    Sections fresh = new Sections(copied);
    AdapterState begun = AdapterState.read(sections).begunAnew(progress.step());
    begun.write(fresh);
    return fresh.entries();
  }
}
