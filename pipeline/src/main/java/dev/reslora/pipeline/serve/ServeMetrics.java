package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import dev.reslora.snapshot.Transit;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What Prometheus is told of requests, batches and versions. */
final class ServeMetrics implements SnapshotListener {

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
  };

  /**
   * Of a stage that a version passes: milliseconds to load one, hours where a stream lies behind.
   */
  private static final Duration[] STAGE_BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(10),
    Duration.ofHours(1),
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private volatile boolean caughtUp;
  private volatile Supplier<SortedMap<String, List<SnapshotManifest>>> served =
      Collections::emptySortedMap;
  private final MultiGauge versions =
      MultiGauge.builder("reslora.served.version")
          .description("The current version: the newest, or the one that was announced")
          .register(registry);
  private final MultiGauge eventTimes =
      MultiGauge.builder("reslora.served.event.time.seconds")
          .description("Latest event time that the current version has learned from")
          .register(registry);

  ServeMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  /** Versions that come from here on are new, and their way here is timed. */
  void caughtUp() {
    caughtUp = true;
  }

  /** Where to look for what is in service: of each adapter its versions, the current one first. */
  void served(Supplier<SortedMap<String, List<SnapshotManifest>>> manifests) {
    served = manifests;
  }

  /** Requests that wait or are being answered. */
  void queue(Supplier<Number> requests) {
    Gauge.builder("reslora.requests.in.flight", requests)
        .description("Requests that wait or are being answered")
        .register(registry);
  }

  /** Told of each batch. */
  void batch(int requests, int tokens, Duration time) {
    registry.timer("reslora.batch").record(time);
    registry.summary("reslora.batch.requests").record(requests);
    registry.summary("reslora.batch.tokens").record(tokens);
  }

  /** Times a handler's requests by their status. */
  HttpHandler timed(String endpoint, HttpHandler handler) {
    return exchange -> {
      long before = System.nanoTime();
      exchange.addExchangeCompleteListener(
          (ended, next) -> {
            request(endpoint, ended.getStatusCode())
                .record(Duration.ofNanos(System.nanoTime() - before));
            next.proceed();
          });
      handler.handleRequest(exchange);
    };
  }

  private Timer request(String endpoint, int status) {
    return Timer.builder("reslora.request")
        .description("From a request's head to its answer's end")
        .tag("endpoint", endpoint)
        .tag("status", Integer.toString(status))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** Prometheus' text format. */
  void scrape(HttpServerExchange exchange) {
    Collection<List<SnapshotManifest>> now = served.get().values();
    show(now, versions, SnapshotManifest::getVersion);
    show(now, eventTimes, manifest -> manifest.getEventTime().toEpochMilli() / 1e3);
    exchange
        .getResponseHeaders()
        .put(Headers.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    exchange.getResponseSender().send(registry.scrape());
  }

  @Override
  public void published(PublishedVersion version) {
    registry.counter("reslora.versions.served", "adapter", version.adapterId()).increment();
    if (caughtUp) {
      version
          .transit()
          .stages(version.manifest().getEventTime(), Instant.now())
          .forEach((stage, taken) -> stage(stage).record(taken));
    }
  }

  private Timer stage(Transit.Stage stage) {
    return Timer.builder("reslora.version.stage")
        .description("What each stage of a version's way from its newest event to service took")
        .tag("stage", stage.name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(STAGE_BUCKETS)
        .register(registry);
  }

  @Override
  public void refused(RefusedVersion refusal) {
    registry.counter("reslora.versions.refused", "reason", refusal.reason().name()).increment();
  }

  private static void show(
      Collection<List<SnapshotManifest>> served,
      MultiGauge gauge,
      ToDoubleFunction<SnapshotManifest> value) {
    gauge.register(
        served.stream()
            .map(versions -> versions.get(0))
            .<MultiGauge.Row<?>>map(
                manifest ->
                    MultiGauge.Row.of(Tags.of("adapter", manifest.getAdapterId()), manifest, value))
            .toList(),
        true);
  }
}
