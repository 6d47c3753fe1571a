package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.SnapshotSubscriber;
import dev.reslora.serving.refresh.HttpRefreshServer;
import dev.reslora.serving.refresh.RefreshAgent;
import dev.reslora.serving.refresh.RefreshConfig;
import dev.reslora.serving.refresh.RefreshServer;
import dev.reslora.serving.refresh.ServerAccess;
import dev.reslora.serving.refresh.ServerKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Follows a serving topic and refreshes a directory and servers of others. */
@Command(
    name = "refresh",
    mixinStandardHelpOptions = true,
    description = {
      "Follows the serving topic, writes every adapter's versions to a directory, and brings the"
          + " current one into service on a group of servers: on all of them, or on none.",
      "DIR/ADAPTER-current links to it, DIR/ADAPTER-current.json says under which name servers have"
          + " it, and every attempt is reported on a topic. Ctrl-C ends it; servers keep what they"
          + " have."
    })
final class RefreshCommand implements Runnable {

  private static final Duration PATIENCE = Duration.ofSeconds(70);

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin ServingTopicOptions serving;

  @Option(
      names = "--report-topic",
      defaultValue = "model-refreshes",
      description = "Topic of reports; best compacted (default: ${DEFAULT-VALUE}).")
  String reportTopic;

  @Option(
      names = "--create-topic",
      description = "Create the topic of reports, compacted, if it is missing.")
  boolean createTopic;

  @Option(
      names = "--to",
      paramLabel = "DIR",
      required = true,
      description = "Where versions are written; one agent a directory.")
  Path directory;

  @Option(
      names = "--server",
      paramLabel = "KIND=URL",
      description =
          "A server to refresh, repeated for each: vllm, sglang, djl or lorax, and its address, as in"
              + " vllm=http://10.0.0.7:8000 or djl=http://10.0.0.7:8080/models/MODEL.")
  List<String> servers = new ArrayList<>();

  @Option(
      names = "--servers-see",
      paramLabel = "DIR",
      description = "Where the servers find the directory (default: where it is here).")
  @Nullable Path seen;

  @Option(
      names = "--token-env",
      paramLabel = "NAME",
      description =
          "Environment variable with the bearer token that the servers ask for, vLLM's --api-key"
              + " (default: none is sent).")
  @Nullable String tokenVariable;

  @Option(
      names = "--agent",
      paramLabel = "NAME",
      defaultValue = "refresh",
      description = "Name in reports (default: ${DEFAULT-VALUE}).")
  String agent;

  @Option(
      names = "--keep-versions",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "Versions of an adapter that stay in the directory, and that an announcement can go back"
              + " to (default: ${DEFAULT-VALUE}).")
  int kept;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description =
          "How long servers keep a version after another took its place (default:"
              + " ${DEFAULT-VALUE}).")
  int graceSeconds;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long a server may take to answer (default: ${DEFAULT-VALUE}).")
  int timeoutSeconds;

  @Option(
      names = "--retry",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description =
          "Pause before a failed attempt is repeated; doubles up to 5 minutes (default:"
              + " ${DEFAULT-VALUE}).")
  int retrySeconds;

  @Option(
      names = "--check",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How often servers are asked whether they still have what is in service (default:"
              + " ${DEFAULT-VALUE}).")
  int checkSeconds;

  @Override
  public void run() {
    Numbers.atLeast(spec, "--keep-versions", kept, 1);
    Numbers.atLeast(spec, "--timeout", timeoutSeconds, 1);
    Numbers.atLeast(spec, "--retry", retrySeconds, 1);
    Numbers.atLeast(spec, "--check", checkSeconds, 1);
    Numbers.atLeast(spec, "--grace", graceSeconds, 0);
    Path found = seen == null ? directory.toAbsolutePath().normalize() : seen;
    ServerAccess access = new ServerAccess(found, Duration.ofSeconds(timeoutSeconds), token());
    List<RefreshServer> group = servers.stream().map(word -> server(word, access)).toList();
    ServingTopic from = serving.servingTopic(kafka, wire);
    PrintWriter out = spec.commandLine().getOut();
    requireReportTopic();
    try (Shutdown shutdown =
            Shutdown.listen("refresh", PATIENCE, "an attempt was still under way");
        RefreshReports reports =
            new RefreshReports(reportTopic, kafka.client(), wire.config(), out);
        RefreshAgent refresh = new RefreshAgent(config(), group, reports);
        SnapshotSubscriber subscriber = SnapshotSubscriber.start(from, refresh)) {
      follow(subscriber, refresh, shutdown);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Without the topic every report would hold the agent up, and be lost. */
  private void requireReportTopic() {
    try (TopicCreator topics = TopicCreator.connect(kafka.bootstrapServers(), kafka.properties())) {
      if (createTopic) {
        topics.createMissing(List.of(new TopicPlan(reportTopic, 1).compacted()));
      } else {
        ProduceControlCommand.requireTopic(topics, reportTopic, "create it, or add --create-topic");
      }
    } catch (BrokerUnavailableException e) {
      throw CommandFailure.of(e);
    }
  }

  private void follow(SnapshotSubscriber subscriber, RefreshAgent refresh, Shutdown shutdown)
      throws InterruptedException {
    if (!shutdown.awaitCaughtUp(subscriber)) {
      return;
    }
    refresh.begin();
    PrintWriter err = spec.commandLine().getErr();
    err.printf("refreshing %s and %d servers from %s%n", directory, servers.size(), serving.topic);
    err.flush();
    shutdown.await();
  }

  private RefreshConfig config() {
    return new RefreshConfig(
        agent,
        directory,
        kept,
        Duration.ofSeconds(graceSeconds),
        Duration.ofSeconds(retrySeconds),
        Duration.ofMinutes(5),
        Duration.ofSeconds(checkSeconds));
  }

  /** By a variable's name: a command line can be read by every user of the machine. */
  private @Nullable String token() {
    if (tokenVariable == null) {
      return null;
    }
    String token = Objects.requireNonNullElse(System.getenv(tokenVariable), "").strip();
    if (!token.matches("[!-~]+")) {
      throw new ParameterException(
          spec.commandLine(),
          "--token-env: expected an environment variable with a token, found none in "
              + tokenVariable);
    }
    return token;
  }

  private RefreshServer server(String word, ServerAccess access) {
    String[] parts = word.split("=", 2);
    try {
      ServerKind kind = ServerKind.valueOf(parts[0].toUpperCase(Locale.ROOT));
      URI address = URI.create(parts.length == 2 ? parts[1] : "");
      if (address.getHost() != null) {
        return new HttpRefreshServer(kind, address, access);
      }
    } catch (IllegalArgumentException e) {
      // Said below, of either part.
    }
    throw new ParameterException(
        spec.commandLine(),
        "--server: expected vllm, sglang, djl or lorax, =, and an address with a host, found "
            + word);
  }
}
