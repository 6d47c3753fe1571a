package dev.reslora.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Serves the live page of a job, made from the topics that it writes: {@code /} is the page with
 * the figures of now in it, {@code /events} sends them again whenever they have changed
 * (server-sent events), {@code /figures} once. Needs nothing but Kafka, so it can be started,
 * stopped and started anew beside any job.
 */
public final class LivePage implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLACE = "\"@figures@\"";
  private static final int MAX_READERS = 64;
  private static final long LOOK_MILLIS = 500;
  private static final long SILENCE_MILLIS = 5_000;

  private final String title;
  private final String page;
  private final HttpServer server;
  private final ExecutorService threads;
  private final Semaphore readers = new Semaphore(MAX_READERS);
  private final LiveFigures figures = new LiveFigures();
  private final List<TopicFollower> followers;
  private volatile boolean closed;

  private LivePage(String title, InetSocketAddress address, LiveTopics topics) throws IOException {
    this.title = title;
    this.page = page();
    this.server = HttpServer.create(address, 0);
    this.threads =
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "live-page");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    // Steps show when they are done; versions and rejections when they are published.
    this.followers =
        List.of(
            TopicFollower.start(
                topics.client(),
                "read_uncommitted",
                List.of(topics.metrics()),
                new StepSink(topics)),
            TopicFollower.start(
                topics.client(),
                "read_committed",
                List.of(topics.snapshots(), topics.rejected()),
                new OutcomeSink(topics)));
  }

  /**
   * Starts to follow the topics and to serve.
   *
   * @param address where; port 0 is any
   * @throws IOException when the port is taken
   */
  public static LivePage start(String title, InetSocketAddress address, LiveTopics topics)
      throws IOException {
    LivePage page = new LivePage(title, address, topics);
    page.server.start();
    return page;
  }

  private static String page() throws IOException {
    try (InputStream in = LivePage.class.getResourceAsStream("page.html")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Where the page is. */
  public URI address() {
    InetSocketAddress bound = server.getAddress();
    String host = bound.getAddress().isAnyLocalAddress() ? "127.0.0.1" : bound.getHostString();
    return URI.create("http://" + host + ":" + bound.getPort() + "/");
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      secure(exchange.getResponseHeaders());
      boolean reading = exchange.getRequestMethod().equals("GET");
      switch (reading ? exchange.getRequestURI().getPath() : "") {
        case "/" -> answer(exchange, 200, "text/html; charset=utf-8", filled(exchange));
        case "/figures" -> answer(exchange, 200, "application/json", json(exchange));
        case "/events" -> stream(exchange);
        case "" -> answer(exchange, 405, "text/plain", "GET only\n");
        default -> answer(exchange, 404, "text/plain", "not here\n");
      }
    }
  }

  /** The page needs nothing from elsewhere, and what the topics hold is never more than text. */
  private static void secure(Headers headers) {
    headers.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
            + " connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cache-Control", "no-store");
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private String filled(HttpExchange exchange) {
    return page.replace(PLACE, json(exchange).replace("<", "\\u003c"));
  }

  private String json(HttpExchange exchange) {
    try {
      return JSON.writeValueAsString(
          figures.view(title, chosen(exchange), System.currentTimeMillis()));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable String chosen(HttpExchange exchange) {
    String query = exchange.getRequestURI().getRawQuery();
    return query != null && query.startsWith("adapter=")
        ? URLDecoder.decode(query.substring("adapter=".length()), StandardCharsets.UTF_8)
        : null;
  }

  private void stream(HttpExchange exchange) throws IOException {
    if (!readers.tryAcquire()) {
      answer(exchange, 503, "text/plain", "too many readers\n");
      return;
    }
    try {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      OutputStream body = exchange.getResponseBody();
      long sent = -1;
      long sentAt = 0;
      while (!closed) {
        long now = System.currentTimeMillis();
        long changes = figures.changes();
        // Time passes when nothing else does: ages on the page do too.
        if (changes != sent || now - sentAt >= SILENCE_MILLIS) {
          body.write(("data: " + json(exchange) + "\n\n").getBytes(StandardCharsets.UTF_8));
          body.flush();
          sent = changes;
          sentAt = now;
        }
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      readers.release();
    }
  }

  private abstract class DecodingSink implements TopicFollower.Sink {

    @Override
    public void fault(@Nullable String fault) {
      figures.fault(getClass().getSimpleName(), fault);
    }

    @Override
    public void accept(ConsumerRecord<byte[], byte[]> record) throws IOException {
      if (record.value() == null) {
        return;
      }
      try {
        take(record);
      } catch (RejectedException e) {
        // Of another producer, or of a newer release: not for this page.
      }
    }

    abstract void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException;
  }

  private final class StepSink extends DecodingSink {
    private final AvroDecoder<StepReport> steps;

    StepSink(LiveTopics topics) {
      steps = topics.wire().decoder(List.of(StepReport.class));
    }

    @Override
    void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException {
      figures.stepped(steps.decode(record.value()), record.timestamp());
    }
  }

  private final class OutcomeSink extends DecodingSink {
    private final AvroDecoder<SpecificRecordBase> outcomes;

    OutcomeSink(LiveTopics topics) {
      outcomes =
          topics
              .wire()
              .decoder(List.of(SnapshotManifest.class, SnapshotChunk.class, RejectedRecord.class));
    }

    @Override
    void take(ConsumerRecord<byte[], byte[]> record) throws IOException, RejectedException {
      SpecificRecordBase outcome = outcomes.decode(record.value());
      if (outcome instanceof SnapshotManifest manifest) {
        figures.published(manifest, record.timestamp());
      } else if (outcome instanceof RejectedRecord rejected) {
        figures.rejected(rejected, record.timestamp());
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    followers.forEach(TopicFollower::close);
    server.stop(0);
    threads.shutdownNow();
  }
}
