package dev.reslora.training;

import dev.reslora.model.BaseModel;
import org.jspecify.annotations.Nullable;

/**
 * The frozen model beside the adapter: a head on the base without adapter that learns from the
 * stream's first examples and then stays as it is.
 */
final class Baseline implements AutoCloseable {

  private final Learner head;
  private final BaselineConfig config;
  private long learned;

  Baseline(Learner head, BaselineConfig config, long learned) {
    this.head = head;
    this.config = config;
    this.learned = learned;
  }

  /** Tests the batch where it is due, and learns from it while warming up. */
  BaseModel.@Nullable Outcome judge(Learner.Batch batch, long number, int labels) {
    head.growTo(labels);
    if (learned < config.warmupExamples()) {
      learned += batch.targets().length;
      return head.learn(batch, 0).outcome();
    }
    return number % config.every() == 0 ? head.test(batch) : null;
  }

  /** Native bytes held. */
  long bytes() {
    return head.weights().bytes();
  }

  void write(Sections sections) {
    long examples = learned;
    sections.put("baseline.progress", out -> out.writeLong(examples));
    head.write(sections, "baseline");
  }

  @Override
  public void close() {
    head.close();
  }
}
