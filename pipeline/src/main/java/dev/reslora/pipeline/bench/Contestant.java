package dev.reslora.pipeline.bench;

import dev.reslora.training.Precision;
import dev.reslora.training.StepLoop;
import java.io.IOException;

/** One side of a step benchmark. */
interface Contestant extends Stepper {

  String name();

  /** Mean loss of the latest batch, before its update. */
  double loss();

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
