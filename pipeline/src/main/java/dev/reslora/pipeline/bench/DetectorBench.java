package dev.reslora.pipeline.bench;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftDetector;
import dev.reslora.evaluation.PageHinkley;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * False alarms and delays of the drift detectors on errors whose rate is known, over many seeded
 * runs: {@value #STEADY} examples at a rate of 0.2, then a change.
 */
public final class DetectorBench {

  private static final int STEADY = 2000;
  private static final int AFTER = 1000;
  private static final double RATE = 0.2;

  private DetectorBench() {}

  private static Map<String, Supplier<DriftDetector>> detectors() {
    Map<String, Supplier<DriftDetector>> detectors = new LinkedHashMap<>();
    detectors.put("adwin", () -> new Adwin(Adwin.Parameters.DEFAULT));
    detectors.put("adwin, clock 8", () -> new Adwin(new Adwin.Parameters(0.002, 8, 5, 5, 10)));
    detectors.put("page-hinkley", () -> new PageHinkley(PageHinkley.Parameters.DEFAULT));
    detectors.put(
        "page-hinkley, threshold 15",
        () -> new PageHinkley(new PageHinkley.Parameters(30, 0.005, 15, 0.9999)));
    detectors.put("ddm", () -> new Ddm(Ddm.Parameters.DEFAULT));
    return detectors;
  }

  /** Rows of every detector. */
  public static List<BenchRow> run(int runs) {
    List<BenchRow> rows = new ArrayList<>();
    detectors()
        .forEach(
            (name, maker) -> {
              rows.add(falseAlarms(name, maker, runs));
              rows.addAll(delays(name, maker, runs, 0.3));
              rows.addAll(delays(name, maker, runs, 0.5));
            });
    return rows;
  }

  private static BenchRow falseAlarms(String name, Supplier<DriftDetector> maker, int runs) {
    int alarmed = 0;
    for (int run = 0; run < runs; run++) {
      SplittableRandom random = new SplittableRandom(run);
      alarmed += firstAlarm(maker.get(), random, STEADY, RATE) < STEADY ? 1 : 0;
    }
    double share = 100.0 * alarmed / runs;
    return new BenchRow(name + ": runs with a false alarm", "%", share, share, share, null, null);
  }

  private static List<BenchRow> delays(
      String name, Supplier<DriftDetector> maker, int runs, double rate) {
    List<Integer> delays = new ArrayList<>();
    int missed = 0;
    for (int run = 0; run < runs; run++) {
      SplittableRandom random = new SplittableRandom(run);
      DriftDetector detector = maker.get();
      for (int i = 0; i < STEADY; i++) {
        detector.rises(random.nextDouble() < RATE ? 1 : 0);
      }
      int delay = firstAlarm(detector, random, AFTER, rate);
      if (delay < AFTER) {
        delays.add(delay);
      } else {
        missed++;
      }
    }
    double[] sorted = delays.stream().mapToDouble(Integer::doubleValue).sorted().toArray();
    String change = name + ": 0.2 to " + rate;
    double share = 100.0 * missed / runs;
    BenchRow misses = new BenchRow(change + ", missed", "%", share, share, share, null, null);
    return sorted.length == 0
        ? List.of(misses)
        : List.of(
            new BenchRow(
                change + ", delay",
                "examples",
                sorted[sorted.length / 2],
                sorted[0],
                Arrays.stream(sorted).max().orElseThrow(),
                null,
                null),
            misses);
  }

  private static int firstAlarm(
      DriftDetector detector, SplittableRandom random, int examples, double rate) {
    for (int i = 0; i < examples; i++) {
      if (detector.rises(random.nextDouble() < rate ? 1 : 0)) {
        return i;
      }
    }
    return examples;
  }
}
