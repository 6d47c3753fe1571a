package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchGround;
import dev.reslora.pipeline.local.BrokerProcess;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every bench command that runs the whole job takes, and the broker that it runs against. */
final class BenchJobOptions extends BenchEncoderOptions {

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where logs go (default: target/bench of the project).")
  @Nullable Path out;

  /** What is done once there is a broker. */
  interface Work<T> {
    T run(BenchGround ground) throws IOException, InterruptedException;
  }

  /** Starts a broker for the work, and takes it away after. */
  <T> T onGround(String name, BenchConsole console, Work<T> work) {
    try (Workspace workspace = Workspace.create(out == null ? byDefault(name) : out)) {
      console.says("starting Kafka in a process of its own; logs in " + workspace.out());
      try (BrokerProcess broker =
          BrokerProcess.start(workspace.work("broker"), workspace.out().resolve("broker.log"))) {
        return work.run(
            new BenchGround(
                broker.bootstrapServers(), name, workspace.work("jobs"), workspace.out()));
      }
    } catch (IOException | BrokerUnavailableException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /** In the project, where git ignores it and a clean build removes it. */
  private static Path byDefault(String name) {
    return ProjectHome.path("target", "bench", name);
  }
}
