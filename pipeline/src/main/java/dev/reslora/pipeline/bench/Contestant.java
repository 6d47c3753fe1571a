package dev.reslora.pipeline.bench;

import dev.reslora.training.Precision;
import dev.reslora.training.StepLoop;
import java.io.IOException;
import java.util.List;

/** One side of a step benchmark. */
interface Contestant extends AutoCloseable {

  String name();

  /**
   * Takes a step.
   *
   * @return seconds that it took
   */
  double step(TokenBatch batch) throws IOException;

  /** Mean loss of the latest batch, before its update. */
  double loss();

  @Override
  void close();

  /** This project's step, packing included. */
  final class Ours implements Contestant {

    private final String name;
    private final StepLoop loop;
    private double loss;

    Ours(String name, StepLoop loop) {
      this.name = name;
      this.loop = loop;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public double step(TokenBatch batch) {
      long begin = System.nanoTime();
      loss = loop.step(batch.sequences(), batch.labels());
      return (System.nanoTime() - begin) / 1e9;
    }

    /** Of a step on this batch. */
    double flops(TokenBatch batch) {
      return loop.flops(batch.lengths());
    }

    @Override
    public double loss() {
      return loss;
    }

    @Override
    public void close() {
      loop.close();
    }
  }

  /** This project's step of several adapters in one pass, each on its part of the batch. */
  final class OursTogether implements Contestant {

    private final String name;
    private final List<StepLoop> loops;
    private final int examples;
    private double loss;

    /**
     * @param examples of each adapter's part
     */
    OursTogether(String name, List<StepLoop> loops, int examples) {
      this.name = name;
      this.loops = loops;
      this.examples = examples;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public double step(TokenBatch batch) {
      long begin = System.nanoTime();
      List<StepLoop.Batch> parts =
          batch.parts(examples).stream()
              .map(part -> new StepLoop.Batch(part.sequences(), part.labels()))
              .toList();
      loss = StepLoop.stepTogether(loops.subList(0, parts.size()), parts);
      return (System.nanoTime() - begin) / 1e9;
    }

    @Override
    public double loss() {
      return loss;
    }

    @Override
    public void close() {
      loops.forEach(StepLoop::close);
    }
  }

  /** Python's step, padding included, by Python's own clock. The process is not owned. */
  final class Peft implements Contestant {

    private final String name;
    private final PeftProcess process;
    private final Precision precision;
    private final int adapter;
    private double loss;

    /**
     * @param adapter which of the process's
     */
    Peft(String name, PeftProcess process, Precision precision, int adapter) {
      this.name = name;
      this.process = process;
      this.precision = precision;
      this.adapter = adapter;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public double step(TokenBatch batch) throws IOException {
      PeftProcess.Step step = process.step(precision, adapter, batch);
      loss = step.loss();
      return step.seconds();
    }

    @Override
    public double loss() {
      return loss;
    }

    @Override
    public void close() {}
  }
}
