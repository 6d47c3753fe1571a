package dev.reslora.training;

import dev.reslora.model.BaseModel;
import dev.reslora.nn.Handover;
import java.io.DataInput;
import org.jspecify.annotations.Nullable;

/**
 * The frozen model beside the adapter: a head on the base without adapter that learns from the
 * stream's first examples and then stays as it is.
 */
final class Baseline implements AutoCloseable {

  private final Learner head;
  private final BaselineConfig config;
  private long learned;

  /** Labels that its head had when it was frozen. */
  private int known;

  private Baseline(Learner head, BaselineConfig config, long learned, int known) {
    this.head = head;
    this.config = config;
    this.learned = learned;
    this.known = known;
  }

  /** One that has learned nothing yet. */
  static Baseline fresh(Learner head, BaselineConfig config) {
    return new Baseline(head, config, 0, 0);
  }

  /**
   * The one that was written; a state that does not say so is taken to know all of its labels.
   *
   * @param head is closed when the state cannot be read
   */
  static Baseline read(Learner head, BaselineConfig config, Sections sections) {
    return Handover.to(
        () ->
            new Baseline(
                head,
                config,
                sections.get("baseline.progress", DataInput::readLong),
                sections.has("baseline.known")
                    ? sections.get("baseline.known", DataInput::readInt)
                    : head.weights().labels()),
        head::close);
  }

  /** Tests the batch where it is due, and learns from it while warming up. */
  BaseModel.@Nullable Outcome judge(Learner.Batch batch, long number, int labels) {
    head.growTo(labels);
    if (learned < config.warmupExamples()) {
      learned += batch.targets().length;
      known = labels;
      return head.learn(batch, 0).outcome();
    }
    return number % config.every() == 0 ? head.test(batch) : null;
  }

  /**
   * Whose answers an adapter is to keep; nobody's while the head is learning.
   *
   * @param weight of the divergence from them
   */
  BaseModel.@Nullable Teacher teacher(double weight) {
    return learned < config.warmupExamples()
        ? null
        : new BaseModel.Teacher(head.live(), known, weight);
  }

  /** Native bytes held. */
  long bytes() {
    return head.weights().bytes();
  }

  void write(Sections sections) {
    long examples = learned;
    int labels = known;
    sections.put("baseline.progress", out -> out.writeLong(examples));
    sections.put("baseline.known", out -> out.writeInt(labels));
    head.write(sections, "baseline");
  }

  @Override
  public void close() {
    head.close();
  }
}
