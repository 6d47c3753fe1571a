package dev.reslora.pipeline.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The job under load for long, with checkpoints: speed and memory of the last tenth of the time
 * against the first.
 */
public final class SoakBench {

  private static final int TENTHS = 10;
  private static final int SAMPLES_A_TENTH = 10;
  private static final int WARMUP_STEPS = 50;

  private final Plan plan;
  private final BenchGround ground;
  private final BenchListener listener;

  public SoakBench(Plan plan, BenchGround ground, BenchListener listener) {
    this.plan = plan;
    this.ground = ground;
    this.listener = listener;
  }

  /**
   * What is run.
   *
   * @param model Hugging Face directory
   * @param pooling mean or cls
   * @param time after the warm-up
   * @param every time between checkpoints
   */
  public record Plan(Path model, String pooling, Duration time, Duration every) {}

  public List<BenchRow> run() throws IOException, InterruptedException {
    List<String> settings =
        List.of(
            "reslora.model.directory=" + plan.model,
            "reslora.model.pooling=" + plan.pooling,
            "reslora.model.max-tokens=0",
            "reslora.checkpoint.interval=" + plan.every.toMillis() + " ms");
    List<Samples> rates = new ArrayList<>();
    List<Samples> memory = new ArrayList<>();
    JobRest.Checkpoints checkpoints;
    try (LoadedJob job = new LoadedJob(ground, "soak", settings, 1)) {
      listener.says("warming up");
      job.warmUp(WARMUP_STEPS, listener);
      Duration part = plan.time.dividedBy(TENTHS * SAMPLES_A_TENTH);
      LoadedJob.Mark begin = job.look();
      for (int tenth = 1; tenth <= TENTHS; tenth++) {
        Samples rate = new Samples("soak throughput, tenth " + tenth);
        Samples resident = new Samples("soak memory, tenth " + tenth);
        for (int i = 0; i < SAMPLES_A_TENTH; i++) {
          LoadedJob.Mark end = job.run(part);
          resident.add(job.process().residentBytes() / (double) (1 << 20));
          // A snapshot may take longer than a part: its steps show in the next.
          if (end.steps() > begin.steps()) {
            rate.add(end.tokenRate(begin));
            begin = end;
          }
        }
        rates.add(rate);
        memory.add(resident);
        JobRest.Checkpoints now = job.rest().checkpoints();
        listener.figures(
            "tenth %d: %.1f tokens/s (%.2f of the first), %.0f MiB resident, %d checkpoints"
                + " completed, %d failed",
            tenth,
            rate.median(),
            rate.median() / rates.get(0).median(),
            resident.median(),
            now.completed(),
            now.failed());
      }
      checkpoints = job.rest().checkpoints();
    }
    List<BenchRow> rows = new ArrayList<>();
    for (int tenth = 0; tenth < TENTHS; tenth++) {
      rows.add(rates.get(tenth).rates("tokens/s", tenth == 0 ? null : rates.get(0)));
    }
    for (int tenth = 0; tenth < TENTHS; tenth++) {
      rows.add(memory.get(tenth).rates("MiB", tenth == 0 ? null : memory.get(0)));
    }
    rows.add(BenchRow.count("soak checkpoints completed", "checkpoints", checkpoints.completed()));
    rows.add(BenchRow.count("soak checkpoints failed", "checkpoints", checkpoints.failed()));
    return rows;
  }
}
