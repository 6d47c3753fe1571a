package dev.reslora.pipeline.cli;

import dev.reslora.model.KnownModel;
import dev.reslora.model.ModelImport;
import dev.reslora.pipeline.bench.BenchListener;
import dev.reslora.pipeline.local.CacheDirectory;
import dev.reslora.pipeline.local.MavenWrapper;
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
    KnownModel known = KnownModel.MINILM_Q;
    try {
      return new ModelImport(CacheDirectory.model(known.label()), false, listener::progress)
          .known(known, MavenWrapper.ofThisProject())
          .directory();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  final void inRange(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw wrong("%s: expected %d to %d, found %d".formatted(option, least, most, value));
    }
  }

  final void atLeastOne(String option, long value) {
    if (value < 1) {
      throw wrong("%s: expected at least 1, found %d".formatted(option, value));
    }
  }

  final ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
