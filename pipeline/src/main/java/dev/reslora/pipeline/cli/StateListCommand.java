package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.state.SavedJob;
import dev.reslora.pipeline.state.SavedJob.Published;
import dev.reslora.pipeline.state.StateDirectory.Summary;
import dev.reslora.training.IncompatibleStateException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The adapters in a savepoint. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "List every adapter in a savepoint, and where it stands.")
final class StateListCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin SavepointOptions savepoint;

  @Option(names = "--adapter", paramLabel = "ID", description = "This one alone.")
  @Nullable String adapter;

  @Option(names = "--json", description = "Answer with a JSON list.")
  boolean json;

  @Override
  public void run() {
    List<Summary> found = new ArrayList<>();
    try {
      SavedJob job = savepoint.job();
      Map<String, Published> published = job.published();
      job.adapters(
          adapter,
          (id, sections) ->
              found.add(Summary.of(id, sections, published.getOrDefault(id, Published.NOTHING))));
    } catch (IOException | IncompatibleStateException e) {
      throw CommandFailure.of(e);
    }
    if (adapter != null && found.isEmpty()) {
      throw new CommandFailure("there is no adapter %s in %s".formatted(adapter, savepoint.path));
    }
    found.sort(Comparator.comparing(Summary::adapterId));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.text(found));
    } else if (found.isEmpty()) {
      out.printf("no adapters in %s%n", savepoint.path);
    } else {
      out.print(table(found));
    }
    out.flush();
  }

  private static TextTable table(List<Summary> found) {
    TextTable table =
        new TextTable(
            "ADAPTER",
            "VERSION",
            "STEP",
            "EXAMPLES",
            "WAITING",
            "RANK",
            "SHORTCUT",
            "MODULES",
            "LABELS",
            "SIZE",
            "DIGEST",
            "STATE");
    for (Summary each : found) {
      table.add(
          each.adapterId(),
          each.version(),
          each.progress().step(),
          each.progress().examples(),
          each.progress().waiting(),
          each.rank(),
          each.shortcut(),
          each.targetModules().size(),
          each.progress().labels().size(),
          SnapshotsShowCommand.size(each.bytes()),
          each.digest().isEmpty() ? "none yet" : each.digest().substring(0, 12),
          each.progress().paused() ? "paused" : "learning");
    }
    return table;
  }
}
