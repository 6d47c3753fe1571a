package dev.reslora.pipeline.cli;

import ai.djl.engine.EngineException;
import dev.reslora.pipeline.http.Patience;
import dev.reslora.pipeline.live.LivePage;
import dev.reslora.pipeline.live.LiveTopics;
import dev.reslora.pipeline.serve.AdapterServer;
import dev.reslora.pipeline.serve.ServeConfig;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.SnapshotSubscriber;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Follows a serving topic and answers over HTTP. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Follows the serving topic and answers over HTTP with the newest version of every adapter.",
      "POST /v1/adapters/ID/classify, /embed or, of a language model, /complete; GET /v1/adapters,"
          + " /healthz, /metrics. Ctrl-C answers what came and ends."
    })
final class ServeCommand implements Runnable {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin ServingTopicOptions serving;
  @Mixin LiveTopicOptions live;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Base model of the adapters: a Hugging Face directory.")
  Path model;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, or cuda:0, cuda:1, ... (default: ${DEFAULT-VALUE}).")
  String device;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "Address to listen on; 0.0.0.0 for all (default: ${DEFAULT-VALUE}).")
  String host;

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "Port to listen on; 0 for any free one (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(
      names = "--live-page",
      description =
          "Show the job's live page too, under /live/, to whoever reaches this server; what it shows"
              + " of dead letters may quote texts.")
  boolean livePage;

  @Option(
      names = "--max-concurrent-requests",
      paramLabel = "N",
      defaultValue = "512",
      description =
          "Requests that wait or are being answered; more get 429 (default: ${DEFAULT-VALUE}).")
  int concurrentRequests;

  @Option(
      names = "--max-batch-tokens",
      paramLabel = "N",
      defaultValue = "4096",
      description = "Tokens of a forward pass (default: ${DEFAULT-VALUE}).")
  int batchTokens;

  @Option(
      names = "--max-batch-wait",
      paramLabel = "MS",
      defaultValue = "2",
      description =
          "How long a request waits for others to join it, ms (default: ${DEFAULT-VALUE}).")
  int batchWaitMillis;

  @Option(
      names = "--max-client-batch-size",
      paramLabel = "N",
      defaultValue = "64",
      description = "Texts of a request; more get 400 (default: ${DEFAULT-VALUE}).")
  int clientBatch;

  @Option(
      names = "--payload-limit",
      paramLabel = "BYTES",
      defaultValue = "2000000",
      description = "Bytes of a request; more get 413 (default: ${DEFAULT-VALUE}).")
  int payloadLimit;

  @Option(
      names = "--keep-versions",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Versions of an adapter that ?version=N can ask for and an announcement can go back to"
              + " (default: ${DEFAULT-VALUE}).")
  int kept;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Forward passes at a time (default: one a core).")
  @Nullable Integer threads;

  @Override
  public void run() {
    ServeConfig config = config();
    ServingTopic from = serving.servingTopic(kafka, wire);
    try (Shutdown shutdown =
            Shutdown.listen("serve", PATIENCE, "requests were still being answered");
        ServedModel served = open();
        AdapterServer server = AdapterServer.start(config, served);
        LivePage page = page();
        SnapshotSubscriber subscriber = SnapshotSubscriber.start(from, server.listener())) {
      if (livePage) {
        server.mount("/live", page.handler());
      }
      follow(server, subscriber, shutdown);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ServedModel open() throws IOException {
    try {
      return ServedModel.open(model, device);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } catch (EngineException e) {
      // Where it was thrown follows on pages of its own.
      String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new CommandFailure("--device: cannot run on %s: %s".formatted(device, first), e);
    }
  }

  /** Reads nothing before it is asked for. */
  private LivePage page() {
    return new LivePage(
        "ResLoRA on " + kafka.bootstrapServers(),
        new LiveTopics(kafka.client(), wire.config(), live.metrics, serving.topic, live.rejected));
  }

  private ServeConfig config() {
    Numbers.inRange(spec, "--port", port, 0, 65_535);
    Numbers.atLeast(spec, "--payload-limit", payloadLimit, 1);
    Numbers.atLeast(spec, "--max-client-batch-size", clientBatch, 1);
    Numbers.atLeast(spec, "--keep-versions", kept, 1);
    try {
      return new ServeConfig(
          host,
          port,
          payloadLimit,
          clientBatch,
          kept,
          new DynamicBatcher.Limits(
              concurrentRequests,
              batchTokens,
              Duration.ofMillis(batchWaitMillis),
              threads == null ? Runtime.getRuntime().availableProcessors() : threads),
          Patience.USUAL);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void follow(AdapterServer server, SnapshotSubscriber subscriber, Shutdown shutdown)
      throws InterruptedException {
    InetSocketAddress at = server.address();
    say(
        "listening on http://%s:%d, reading %s"
            .formatted(at.getHostString(), at.getPort(), serving.topic));
    if (!shutdown.awaitCaughtUp(subscriber)) {
      return;
    }
    server.caughtUp();
    say("ready");
    shutdown.await();
    say("answering what came");
  }

  private void say(String line) {
    spec.commandLine().getErr().println(line);
    spec.commandLine().getErr().flush();
  }
}
