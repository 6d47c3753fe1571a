package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.live.LivePageServer;
import dev.reslora.pipeline.live.LiveTopics;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.TopicCreator;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves the live page of a job. */
@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    description = {
      "Shows a job in a browser: learning curves, versions, dead letters, as they come.",
      "Reads the topics that the job writes and nothing else; Ctrl-C ends it."
    })
final class WatchCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin LiveTopicOptions live;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "Address to serve on (default: ${DEFAULT-VALUE}, this machine alone).")
  String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8088",
      description = "Port to serve on, 0 for any (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(
      names = "--snapshots",
      paramLabel = "TOPIC",
      defaultValue = "model-snapshots",
      description = "Serving topic (default: ${DEFAULT-VALUE}).")
  String snapshots;

  /** The page waits for it and says so; who does not look at it yet should know, too. */
  private void sayWhatIsMissing() {
    PrintWriter err = spec.commandLine().getErr();
    try (TopicCreator asked = TopicCreator.connect(kafka.bootstrapServers(), kafka.properties())) {
      SortedSet<String> missing =
          new TreeSet<>(asked.missing(Set.of(live.metrics, snapshots, live.rejected)));
      if (!missing.isEmpty()) {
        err.printf("not there yet, and waited for: topic %s%n", String.join(", ", missing));
      }
    } catch (BrokerUnavailableException e) {
      err.println(e.getMessage() + "; waiting for it");
    }
    err.flush();
  }

  @Override
  public void run() {
    Numbers.inRange(spec, "--port", port, 0, 65_535);
    LiveTopics topics =
        new LiveTopics(kafka.client(), wire.config(), live.metrics, snapshots, live.rejected);
    try (LivePageServer page =
        LivePageServer.start(
            "ResLoRA on " + kafka.bootstrapServers(), new InetSocketAddress(host, port), topics)) {
      PrintWriter out = spec.commandLine().getOut();
      out.printf("live page at %s, Ctrl-C ends it%n", page.address());
      out.flush();
      sayWhatIsMissing();
      new CountDownLatch(1).await();
    } catch (IOException e) {
      throw new CommandFailure(
          "cannot serve on %s:%d: %s".formatted(host, port, e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
