package dev.reslora.pipeline.cli;

import dev.reslora.model.KnownModel;
import dev.reslora.pipeline.bench.BenchListener;
import dev.reslora.pipeline.local.CacheDirectory;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every bench command on a base model takes. */
class BenchModelOptions {

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Base model: a Hugging Face directory (default: MiniLM, fetched once).")
  @Nullable Path model;

  @Option(names = "--json", description = "Answer with a JSON array of rows.")
  boolean json;

  /** The base model; MiniLM is fetched where none is named. */
  final Path model(BenchListener listener) {
    return model == null ? miniLm(listener) : model;
  }

  /** MiniLM, fetched once. */
  static Path miniLm(BenchListener listener) {
    try {
      return CacheDirectory.imported(KnownModel.MINILM_Q, listener::progress).directory();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  final void inRange(String option, long value, long least, long most) {
    Numbers.inRange(spec, option, value, least, most);
  }

  final void atLeastOne(String option, long value) {
    Numbers.atLeast(spec, option, value, 1);
  }

  final ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
