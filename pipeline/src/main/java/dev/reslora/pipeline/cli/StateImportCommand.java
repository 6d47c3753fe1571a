package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.state.SavedJob;
import dev.reslora.pipeline.state.StateDirectory;
import dev.reslora.schema.ForkId;
import dev.reslora.training.IncompatibleStateException;
import dev.reslora.training.StoredAdapter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** An exported adapter into a savepoint, under an id that is not there yet. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Make a savepoint that has an exported adapter besides, to start the job from.",
      "It goes on learning where it stood, moments and figures included; its versions begin at 1,"
          + " and examples of its unfinished batch stay behind."
    })
final class StateImportCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin SavepointOptions savepoint;

  @Parameters(paramLabel = "DIR", description = "What 'state export' wrote.")
  Path directory;

  @Option(
      names = "--as",
      required = true,
      paramLabel = "ID",
      description = "The adapter's id in the new savepoint; none that is in the old one.")
  String adapter;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "PATH",
      description = "The new savepoint's directory, which must not exist.")
  String target;

  @Override
  public void run() {
    if (ForkId.parse(adapter).isPresent()) {
      throw new CommandFailure(
          "--as: expected the id of an adapter that learns, found that of a fork, " + adapter);
    }
    try {
      StoredAdapter stored = StoredAdapter.read(adapter, StateDirectory.sections(directory));
      SavedJob job = savepoint.job();
      requireRoom(job, stored);
      SortedMap<String, byte[]> sections = stored.asNew();
      job.with(Map.of(adapter, sections), target);
    } catch (IOException | IncompatibleStateException e) {
      throw CommandFailure.of(e);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%s: %s with the adapter %s besides%n", target, savepoint.path, adapter);
    out.flush();
  }

  /** A version chain cannot be written anew, and one job has adapters of one shape. */
  private void requireRoom(SavedJob job, StoredAdapter stored) throws IOException {
    if (job.published().containsKey(adapter)) {
      throw taken();
    }
    List<String> differences = new ArrayList<>();
    job.adapters(
        null,
        (id, sections) -> {
          if (id.equals(adapter)) {
            throw taken();
          }
          TreeSet<String> theirs = new TreeSet<>(StoredAdapter.read(id, sections).identity());
          theirs.removeAll(stored.identity());
          if (differences.isEmpty() && !theirs.isEmpty()) {
            differences.add("adapter %s has %s".formatted(id, theirs.first()));
          }
        });
    if (!differences.isEmpty()) {
      throw new CommandFailure(
          "%s does not fit the job of %s: %s"
              .formatted(directory, savepoint.path, differences.get(0)));
    }
  }

  private CommandFailure taken() {
    return new CommandFailure(
        ("--as: expected an id that is not in %s, found %s; its versions could not go on from"
                + " another past")
            .formatted(savepoint.path, adapter));
  }
}
