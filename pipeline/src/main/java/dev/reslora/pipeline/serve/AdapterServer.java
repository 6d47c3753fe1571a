package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedModel;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.GracefulShutdownHandler;
import io.undertow.server.handlers.PathHandler;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Answers over HTTP with the versions that its listener is given: classification, embeddings and
 * completions, health, metrics. Listens from the start; ready once it was told that it has caught
 * up, and has a version.
 */
public final class AdapterServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ServeMetrics metrics = new ServeMetrics();
  private final AdapterListing listing = new AdapterListing();
  private final ServedAdapters adapters;
  private final DynamicBatcher batcher;
  private final CompletionEndpoint completions;
  private final GracefulShutdownHandler front;
  private final PathHandler paths;
  private final Undertow http;
  private volatile boolean caughtUp;

  private AdapterServer(ServeConfig config, ServedModel model) {
    this.adapters =
        new ServedAdapters(model, config.kept(), new Observers(List.of(metrics, listing)));
    this.metrics.served(adapters::manifests);
    this.batcher = DynamicBatcher.start(config.batching(), metrics::batch);
    this.completions = new CompletionEndpoint(config.batching(), config.patience());
    this.metrics.queue(() -> batcher.requests() + completions.requests());
    this.front = Handlers.gracefulShutdown(routes(config, model));
    this.paths = Handlers.path(front);
    this.http = config.patience().server(config.host(), config.port(), paths);
  }

  /**
   * Starts to listen.
   *
   * @param model what versions run on; outlives the server
   * @throws IOException when it cannot listen there
   */
  public static AdapterServer start(ServeConfig config, ServedModel model) throws IOException {
    AdapterServer server = new AdapterServer(config, model);
    try {
      server.http.start();
      return server;
    } catch (RuntimeException e) {
      server.batcher.close();
      server.completions.close();
      throw new IOException(
          "cannot listen on " + config.host() + ":" + config.port() + ": " + e.getMessage(), e);
    }
  }

  private HttpHandler routes(ServeConfig config, ServedModel model) {
    Endpoint classify =
        new InferenceEndpoint(InferenceTask.CLASSIFY, model, batcher, config.clientBatch());
    Endpoint embed =
        new InferenceEndpoint(InferenceTask.EMBED, model, batcher, config.clientBatch());
    return Handlers.routing()
        .get("/healthz", this::ready)
        .get("/healthz/live", this::live)
        .get("/metrics", metrics::scrape)
        .get("/v1/adapters", this::list)
        .post("/v1/adapters/{adapter}/classify", adapter(config, "classify", classify))
        .post("/v1/adapters/{adapter}/embed", adapter(config, "embed", embed))
        .post("/v1/adapters/{adapter}/complete", adapter(config, "complete", completions))
        .setInvalidMethodHandler(
            exchange ->
                Responses.problem(
                    exchange,
                    StatusCodes.METHOD_NOT_ALLOWED,
                    exchange.getRequestMethod() + " is not for " + exchange.getRequestPath()))
        .setFallbackHandler(
            exchange ->
                Responses.problem(
                    exchange,
                    StatusCodes.NOT_FOUND,
                    "there is nothing at " + exchange.getRequestPath()));
  }

  private HttpHandler adapter(ServeConfig config, String name, Endpoint endpoint) {
    return metrics.timed(name, new AdapterHandler(config.payloadLimit(), adapters, endpoint));
  }

  /** The answer of /healthz and /healthz/live. */
  record Health(String status, int adapters) {}

  private void ready(HttpServerExchange exchange) {
    int count = adapters.manifests().size();
    if (caughtUp && count > 0) {
      Responses.json(exchange, new Health("ready", count));
    } else {
      Responses.problem(
          exchange,
          StatusCodes.SERVICE_UNAVAILABLE,
          caughtUp ? "there is no version yet" : "the serving topic is still being read");
    }
  }

  private void live(HttpServerExchange exchange) {
    Responses.json(exchange, new Health("live", adapters.manifests().size()));
  }

  private void list(HttpServerExchange exchange) {
    Responses.json(exchange, listing.of(adapters.manifests()));
  }

  /** What a subscriber is to feed. */
  public SnapshotListener listener() {
    return adapters;
  }

  /**
   * Has another answer for what lies below a path; its requests do not hold up the server's end.
   *
   * @param prefix as in /live
   */
  public void mount(String prefix, HttpHandler handler) {
    HttpHandler withSlash = Handlers.redirect(prefix + "/");
    paths.addPrefixPath(
        prefix,
        exchange ->
            (exchange.getRelativePath().isEmpty() ? withSlash : handler).handleRequest(exchange));
  }

  /** The versions that were there at the start are in service. */
  public void caughtUp() {
    caughtUp = true;
    metrics.caughtUp();
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) http.getListenerInfo().get(0).getAddress();
  }

  /**
   * Refuses what comes, answers what came, and ends. What came is a request whose head was read:
   * its body may still be on the way. After 30 seconds connections are cut.
   */
  @Override
  public void close() {
    front.shutdown();
    batcher.hurry();
    try {
      front.awaitShutdown(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.stop();
    completions.close();
    batcher.close();
    adapters.close();
  }

  /** Tells several. */
  private record Observers(List<SnapshotListener> all) implements SnapshotListener {

    @Override
    public void published(PublishedVersion version) {
      all.forEach(each -> each.published(version));
    }

    @Override
    public void refused(RefusedVersion refusal) {
      all.forEach(each -> each.refused(refusal));
    }

    @Override
    public void announced(SnapshotAnnouncement announcement) {
      all.forEach(each -> each.announced(announcement));
    }

    @Override
    public void retired(String adapterId, long version) {
      all.forEach(each -> each.retired(adapterId, version));
    }

    @Override
    public void retired(String adapterId) {
      all.forEach(each -> each.retired(adapterId));
    }
  }
}
