package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.text.Tokenizer;
import dev.reslora.training.StepLoop;
import dev.reslora.training.TrainerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The whole job, from the training topic to the serving topic, with checkpoints and snapshots,
 * against the bare loop of its training step on the same texts and with the same configuration. In
 * turns: the job stands still while the loop runs.
 */
public final class JobBench {

  private static final int WARMUP_STEPS = 30;
  private static final int LABELS = 2;

  private final Plan plan;
  private final BenchGround ground;
  private final BenchListener listener;

  public JobBench(Plan plan, BenchGround ground, BenchListener listener) {
    this.plan = plan;
    this.ground = ground;
    this.listener = listener;
  }

  /**
   * What is measured.
   *
   * @param model Hugging Face directory
   * @param device cpu, or cuda:0, ...
   * @param pooling mean or cls
   * @param batch examples of a step
   * @param rounds windows of each kind
   * @param window length of a window
   * @param checkpoints time between them
   * @param snapshotSteps steps between snapshots
   */
  public record Plan(
      Path model,
      String device,
      String pooling,
      int batch,
      int rounds,
      Duration window,
      Duration checkpoints,
      int snapshotSteps) {}

  public List<BenchRow> run() throws IOException, InterruptedException {
    List<String> settings =
        List.of(
            "reslora.model.directory=" + plan.model,
            "reslora.model.device=" + plan.device,
            "reslora.model.pooling=" + plan.pooling,
            "reslora.model.max-tokens=0",
            "reslora.training.batch-examples=" + plan.batch,
            "reslora.checkpoint.interval=" + plan.checkpoints.toMillis() + " ms",
            "reslora.snapshot.every-steps=" + plan.snapshotSteps,
            // The loop does not judge the frozen model beside each batch.
            "reslora.baseline.every=0");
    Samples loop = new Samples("job, bare step loop");
    Samples whole = new Samples("job, Kafka to snapshots");
    JobRest.Checkpoints checkpoints;
    try (LoadedJob job = new LoadedJob(ground, "whole", settings, 1);
        Loop bare = new Loop(trainer(settings))) {
      listener.says("warming up");
      job.warmUp(WARMUP_STEPS, listener);
      job.drain(plan.batch);
      bare.run(WARMUP_STEPS);
      for (int round = 0; round < plan.rounds; round++) {
        loop.add(bare.run(plan.window));
        LoadedJob.Mark begin = job.restart();
        job.run(plan.window);
        whole.add(job.drain(plan.batch).tokenRate(begin));
        listener.progress(round + 1, plan.rounds, "rounds");
      }
      checkpoints = job.rest().checkpoints();
    }
    return List.of(
        loop.rates("tokens/s", null),
        whole.rates("tokens/s", loop),
        BenchRow.count("job, checkpoints completed", "checkpoints", checkpoints.completed()));
  }

  private TrainerConfig trainer(List<String> settings) {
    List<String> all = new ArrayList<>(ground.settings("bare"));
    all.addAll(settings);
    return ConfigSource.load(null, all).train().trainer();
  }

  /** The step loop over the texts that the job trains on. */
  private final class Loop implements AutoCloseable {

    private final SpeechExamples speeches = new SpeechExamples(SpeechExamples.WORDS);
    private final Tokenizer tokenizer = Tokenizer.open(plan.model);
    private final List<String> known = new ArrayList<>();
    private final StepLoop steps;

    Loop(TrainerConfig config) throws IOException {
      steps = StepLoop.open(config, LABELS);
    }

    void run(int count) {
      for (int i = 0; i < count; i++) {
        step();
      }
    }

    /** Tokens a second over this time. Tokenizing, which the job does beside, is not counted. */
    double run(Duration time) {
      long tokens = 0;
      long nanos = 0;
      while (nanos < time.toNanos()) {
        TokenBatch batch = next();
        long begin = System.nanoTime();
        steps.step(batch.sequences(), batch.labels());
        nanos += System.nanoTime() - begin;
        tokens += batch.tokens();
      }
      return tokens * 1e9 / nanos;
    }

    private void step() {
      TokenBatch batch = next();
      steps.step(batch.sequences(), batch.labels());
    }

    private TokenBatch next() {
      List<int[]> ids = new ArrayList<>();
      int[] labels = new int[plan.batch];
      for (int i = 0; i < labels.length; i++) {
        LabeledExample passage = speeches.passage("bare");
        if (!known.contains(passage.label())) {
          known.add(passage.label());
        }
        labels[i] = known.indexOf(passage.label());
        ids.add(tokenizer.encode(passage.text()).tokens());
      }
      return new TokenBatch(ids, labels);
    }

    @Override
    public void close() {
      steps.close();
      tokenizer.close();
    }
  }
}
