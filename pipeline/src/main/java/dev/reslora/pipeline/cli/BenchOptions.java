package dev.reslora.pipeline.cli;

import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.LlamaConfig;
import dev.reslora.model.ModelConfig;
import dev.reslora.pipeline.bench.BenchListener;
import dev.reslora.pipeline.bench.BenchPlan;
import dev.reslora.pipeline.bench.Lengths;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** What every bench command that times training steps takes. */
final class BenchOptions extends BenchEncoderOptions {

  private static final int MOST_THREADS = 1024;
  private static final int LARGEST_BATCH = 4096;
  private static final int MOST_STEPS = 100_000;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, or cuda:0, cuda:1, ... (default: ${DEFAULT-VALUE}).")
  String device;

  @Option(
      names = "--targets",
      defaultValue = "all",
      description = "Adapted projections of a layer: all (default) or qv (query and value).")
  BenchPlan.TargetChoice targets;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "all",
      description = "float32, bfloat16 or all (default).")
  String precision;

  @Option(
      names = "--lengths",
      paramLabel = "LENGTHS",
      defaultValue = "mixed",
      description =
          "Tokens of a sequence: mixed (default; every other one 64, the rest 8 to 64), or a"
              + " number for all of them.")
  String lengths;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "Sequences in a batch (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Measured rounds (default: ${DEFAULT-VALUE}).")
  int steps;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads within an operation (default: ${DEFAULT-VALUE}).")
  int threads;

  /**
   * The plan, once every option is as it should be; fetches the base model where none is named.
   *
   * @param preNum linked blocks that take part in block and middle
   */
  BenchPlan plan(int preNum, BenchListener listener) {
    Lengths chosen = lengths();
    inRange("--batch", batch, 1, LARGEST_BATCH);
    inRange("--steps", steps, 1, MOST_STEPS);
    inRange("--threads", threads, 1, MOST_THREADS);
    Path directory = model(listener);
    return new BenchPlan(
        directory,
        isLanguageModel(directory),
        device,
        threads,
        targets,
        pooling.label(),
        preNum,
        chosen,
        batch,
        steps);
  }

  private static boolean isLanguageModel(Path directory) {
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      return ModelConfig.of(model) instanceof LlamaConfig;
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  List<Precision> precisions() {
    return choices("--precision", precision, Precision.values(), Precision::label);
  }

  /** One of a closed choice by its label, or all of them. */
  <E> List<E> choices(String option, String text, E[] values, Function<E, String> label) {
    if (text.equals("all")) {
      return List.of(values);
    }
    for (E each : values) {
      if (label.apply(each).equals(text)) {
        return List.of(each);
      }
    }
    String labels = Arrays.stream(values).map(label).collect(Collectors.joining(", "));
    throw wrong(option + ": expected " + labels + " or all, found " + text);
  }

  private Lengths lengths() {
    try {
      return Lengths.of(lengths);
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }
}
