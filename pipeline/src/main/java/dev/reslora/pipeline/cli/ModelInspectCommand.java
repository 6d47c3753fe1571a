package dev.reslora.pipeline.cli;

import dev.reslora.model.ModelConfig;
import dev.reslora.model.ModelSummary;
import dev.reslora.model.ProjectionShape;
import dev.reslora.model.TokenizerSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model directory holds, and whether it is complete. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the shape, digest, tokenizer and adaptable projections of a model directory.",
      "Fails, naming the file and what is wrong with it, where the directory cannot be trained on."
    })
final class ModelInspectCommand implements Runnable {

  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DIR", description = "A Hugging Face directory.")
  Path directory;

  @Option(names = "--json", description = "Answer with a JSON object.")
  boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      ModelSummary summary = ModelSummary.of(directory);
      out.println(json ? Json.text(summary) : text(summary));
      out.flush();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  private static String text(ModelSummary model) {
    ModelConfig config = model.config();
    TokenizerSummary tokenizer = model.tokenizer();
    return """
    %s (%s)
      directory   %s
      digest      %s
      parameters  %,d, %s
      shape       %d layers, hidden %d, %d heads, feed-forward %d, %s
      tokens      vocabulary %,d, up to %d a text
      tokenizer   %s, %,d entries%s, special %s
    projections to adapt, in each layer N of 0 to %d
    %s\
    """
        .formatted(
            model.name(),
            config.modelType(),
            model.directory(),
            model.digest(),
            model.parameters(),
            model.dtypes().stream().map(Enum::name).collect(Collectors.joining(", ")),
            config.layers(),
            config.hidden(),
            config.heads(),
            config.intermediate(),
            config.details(),
            config.vocabulary(),
            config.maxTokens(),
            tokenizer.algorithm(),
            tokenizer.vocabulary(),
            tokenizer.lowercases() ? ", lower case" : "",
            String.join(" ", tokenizer.specialTokens()),
            config.layers() - 1,
            String.join(System.lineSeparator(), projections(model)));
  }

  /** One line for all layers' projections of the same name. */
  private static Set<String> projections(ModelSummary model) {
    Set<String> lines = new LinkedHashSet<>();
    for (ProjectionShape each : model.projections()) {
      String module = each.module().replaceFirst("(layers?)\\.\\d+", "$1.N");
      lines.add("  %-38s %d → %d".formatted(module, each.in(), each.out()));
    }
    return lines;
  }
}
