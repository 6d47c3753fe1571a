package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.state.SavedJob;
import dev.reslora.pipeline.state.SavedJob.Published;
import dev.reslora.pipeline.state.StateDirectory;
import dev.reslora.pipeline.state.StateDirectory.Summary;
import dev.reslora.training.IncompatibleStateException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Adapters out of a savepoint, into directories. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Write every adapter of a savepoint, or one, into a directory <adapter>-step<step>.",
      "It has state.json, state.safetensors (factors, head, AdamW's moments), sections.zip (all of it, for"
          + " 'state import'), and for the shortcuts none and block the adapter in PEFT's layout."
    })
final class StateExportCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin SavepointOptions savepoint;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the directories go; one that is there already is an error.")
  Path out;

  @Option(names = "--adapter", paramLabel = "ID", description = "This one alone.")
  @Nullable String adapter;

  private int written;

  @Override
  public void run() {
    try {
      SavedJob job = savepoint.job();
      Map<String, Published> published = job.published();
      job.adapters(
          adapter,
          (id, sections) ->
              write(
                  Summary.of(id, sections, published.getOrDefault(id, Published.NOTHING)),
                  sections));
    } catch (IOException | IncompatibleStateException e) {
      throw CommandFailure.of(e);
    }
    if (written == 0) {
      throw new CommandFailure(
          adapter == null
              ? "there are no adapters in " + savepoint.path
              : "there is no adapter %s in %s".formatted(adapter, savepoint.path));
    }
  }

  private void write(Summary summary, SortedMap<String, byte[]> sections) throws IOException {
    Path target = out.resolve(StateDirectory.name(summary));
    boolean peft = StateDirectory.write(summary, sections, target);
    written++;
    PrintWriter printer = spec.commandLine().getOut();
    printer.println(
        peft
            ? target
            : "%s, without an adapter of peft's: the shortcut %s is folded on recent examples, by"
                    .formatted(target, summary.shortcut())
                + " the job (produce control %s publish)".formatted(summary.adapterId()));
    printer.flush();
  }
}
