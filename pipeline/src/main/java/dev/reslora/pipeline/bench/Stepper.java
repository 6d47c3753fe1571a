package dev.reslora.pipeline.bench;

import dev.reslora.training.StepLoop;
import java.io.IOException;
import java.util.List;

/** What takes steps. */
interface Stepper extends AutoCloseable {

  /**
   * Takes a step.
   *
   * @return seconds that it took
   */
  double step(TokenBatch batch) throws IOException;

  @Override
  void close();

  /**
   * This project's step of several adapters in one pass.
   *
   * @param examples of each adapter's part of a batch
   */
  record Together(List<StepLoop> loops, int examples) implements Stepper {

    @Override
    public double step(TokenBatch batch) {
      long begin = System.nanoTime();
      List<StepLoop.Batch> parts =
          batch.parts(examples).stream()
              .map(part -> new StepLoop.Batch(part.sequences(), part.labels()))
              .toList();
      StepLoop.stepTogether(loops.subList(0, parts.size()), parts);
      return (System.nanoTime() - begin) / 1e9;
    }

    @Override
    public void close() {
      loops.forEach(StepLoop::close);
    }
  }
}
