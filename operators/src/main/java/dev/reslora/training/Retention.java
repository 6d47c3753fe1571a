package dev.reslora.training;

import dev.reslora.model.BaseModel;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.FrozenAdapter;
import dev.reslora.reslora.Penalties;
import dev.reslora.reslora.Penalties.Elastic;
import java.io.DataInput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a learner has of its past so as not to forget it: the penalties on its weights, and the
 * published version that it learns from. Told of what happens to the adapter; owner of that
 * version's numbers.
 */
final class Retention implements AutoCloseable {

  private static final int EWC_FORMAT = 1;

  private final BaseModel base;
  private final Learner.Settings settings;
  private final ForgettingConfig config;
  private final AdapterWeights weights;
  private final Penalties penalties;

  /** The latest published version, where it is to be learned from. */
  private @Nullable FrozenAdapter kept;

  Retention(BaseModel base, Learner.Settings settings, AdapterWeights weights) {
    this.base = base;
    this.settings = settings;
    this.config = settings.forgetting();
    this.weights = weights;
    this.penalties = weights.penalties();
  }

  /** The weights stay near where they are now, as configured. */
  void begin() {
    anchor(weights.labels(), weights.copyParams());
    if (config.elastic()) {
      stretch(Elastic.fresh(weights.copyParams()));
    }
  }

  /** The numbers as they are have been published. */
  void published() {
    publish(weights.labels(), weights.copyParams());
    if (config.ewcAt().published()) {
      consolidate();
    }
  }

  /** Older numbers have been published anew. */
  void publishedAnew(int labels, float[] params) {
    publish(labels, params);
    if (config.ewcAt().published()) {
      recenter(labels, params);
    }
  }

  private void publish(int labels, float[] params) {
    keep(labels, params);
    if (config.anchor() == ForgettingConfig.Anchor.PUBLISHED) {
      anchor(labels, params);
    }
  }

  /** The stream has changed. */
  void drifted() {
    if (config.ewcAt().drift()) {
      consolidate();
    }
  }

  /** The weights have become older numbers. */
  void recenter(int labels, float[] params) {
    if (penalties.elastic()) {
      penalties.recenter(weights.fitted(params, labels, weights.labels()));
    }
  }

  private void anchor(int labels, float[] params) {
    if (config.anchors()) {
      penalties.pullTo(weights.fitted(params, labels, weights.labels()), config.spring());
    }
  }

  private void stretch(Elastic numbers) {
    penalties.stretch(numbers, config.ewc());
  }

  private void consolidate() {
    if (penalties.elastic()) {
      penalties.consolidate(base.kernel(), weights.params(), config.ewcDecay());
    }
  }

  private void keep(int labels, float[] params) {
    if (config.keeps()) {
      close();
      kept = new FrozenAdapter(base.manager(), params, labels);
    }
  }

  /** The latest published version; null before there is one, and where none is kept. */
  BaseModel.@Nullable Teacher teacher() {
    return kept == null
        ? null
        : new BaseModel.Teacher(kept.live(settings.arguments()), kept.labels(), config.kl());
  }

  /** Whether {@link #gather} is to take the micro-batches' gradients. */
  boolean gathers() {
    return penalties.elastic();
  }

  /**
   * Adds the micro-batch's gradient to the sum, and takes note of its square.
   *
   * @param lossWeights of the examples that it is a mean over
   * @return its norm
   */
  double gather(float[] lossWeights) {
    return penalties.gather(base.kernel(), weights.sum(), weights.grads(), examples(lossWeights));
  }

  /** How many examples of equal weight a mean with these weights is worth (Kish 1965). */
  private static double examples(float[] lossWeights) {
    double sum = 0;
    double squares = 0;
    for (float weight : lossWeights) {
      sum += weight;
      squares += (double) weight * weight;
    }
    return squares > 0 ? sum * sum / squares : 0;
  }

  /** Native bytes held, those of the penalties left out. */
  long bytes() {
    return kept == null ? 0 : kept.bytes();
  }

  void write(Sections sections, String name) {
    if (penalties.anchored()) {
      sections.put(name + ".anchor", penalties.copyAnchor());
    }
    if (penalties.elastic()) {
      write(sections, name + ".ewc", penalties.copyElastic());
    }
    FrozenAdapter published = kept;
    if (published != null) {
      sections.put(name + ".published", out -> out.writeInt(published.labels()));
      sections.put(name + ".published.params", published.copyParams());
    }
  }

  private static void write(Sections sections, String name, Elastic elastic) {
    sections.put(
        name,
        out -> {
          out.writeInt(EWC_FORMAT);
          out.writeLong(elastic.batches());
        });
    sections.put(name + ".fisher", elastic.fisher());
    sections.put(name + ".center", elastic.center());
    sections.put(name + ".squares", elastic.squares());
  }

  /**
   * Goes on with what {@link #write} wrote. What was switched on later begins with this restart;
   * what was switched off is dropped.
   *
   * @param size of the adapter's layout
   */
  void read(Sections sections, String name, int size) {
    begin();
    if (penalties.anchored() && sections.has(name + ".anchor")) {
      anchor(weights.labels(), sections.floats(name + ".anchor", size));
    }
    String published = name + ".published";
    if (config.keeps() && sections.has(published)) {
      int labels = sections.get(published, DataInput::readInt);
      int own = AdapterWeights.size(weights.shape(), weights.hidden(), labels);
      keep(labels, sections.floats(published + ".params", own));
    }
    String ewc = name + ".ewc";
    if (penalties.elastic() && sections.has(ewc)) {
      stretch(
          new Elastic(
              sections.floats(ewc + ".fisher", size),
              sections.floats(ewc + ".center", size),
              sections.floats(ewc + ".squares", size),
              sections.get(ewc, Retention::readBatches)));
    }
  }

  private static long readBatches(DataInput in) throws IOException {
    int format = in.readInt();
    if (format != EWC_FORMAT) {
      throw new IncompatibleStateException(
          "state of EWC: expected format " + EWC_FORMAT + ", found " + format);
    }
    return in.readLong();
  }

  @Override
  public void close() {
    if (kept != null) {
      kept.close();
    }
  }
}
