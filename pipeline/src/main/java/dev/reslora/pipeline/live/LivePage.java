package dev.reslora.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.Objects;
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

  /** The page needs nothing from elsewhere, and what the topics hold is never more than text. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

  private final String title;
  private final String page;
  private final LiveFeed feed;
  private final LiveEvents events;
  private final Undertow http;

  private LivePage(String title, InetSocketAddress address, LiveTopics topics) throws IOException {
    this.title = title;
    this.page = page();
    this.feed = LiveFeed.start(topics);
    this.events = LiveEvents.start(feed.figures()::changes, this::json);
    this.http =
        Undertow.builder()
            .addHttpListener(address.getPort(), address.getHostString())
            .setHandler(routes())
            .build();
  }

  /**
   * Starts to follow the topics and to serve.
   *
   * @param address where; port 0 is any
   * @throws IOException when it cannot listen there
   */
  public static LivePage start(String title, InetSocketAddress address, LiveTopics topics)
      throws IOException {
    LivePage page = new LivePage(title, address, topics);
    try {
      page.http.start();
      return page;
    } catch (RuntimeException e) {
      page.events.close();
      page.feed.close();
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  private static String page() throws IOException {
    try (InputStream in = LivePage.class.getResourceAsStream("page.html")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private HttpHandler routes() {
    HttpHandler routes =
        Handlers.routing()
            .get("/", exchange -> answer(exchange, "text/html; charset=utf-8", filled(exchange)))
            .get("/figures", exchange -> answer(exchange, "application/json", json(exchange)))
            .get("/events", events.handler());
    return Handlers.header(
        Handlers.header(
            Handlers.header(routes, "Content-Security-Policy", CONTENT_SECURITY_POLICY),
            "X-Content-Type-Options",
            "nosniff"),
        "Cache-Control",
        "no-store");
  }

  private static void answer(HttpServerExchange exchange, String type, String text) {
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
    exchange.getResponseSender().send(text, StandardCharsets.UTF_8);
  }

  private String filled(HttpServerExchange exchange) {
    return page.replace(PLACE, json(exchange).replace("<", "\\u003c"));
  }

  private String json(HttpServerExchange exchange) {
    Deque<String> chosen = exchange.getQueryParameters().get("adapter");
    return json(chosen == null ? null : chosen.peekFirst());
  }

  private String json(@Nullable String adapter) {
    try {
      return JSON.writeValueAsString(
          feed.figures().view(title, adapter, System.currentTimeMillis()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("views are records of plain values", e);
    }
  }

  /** Where the page is. */
  public URI address() {
    InetSocketAddress bound = (InetSocketAddress) http.getListenerInfo().get(0).getAddress();
    InetAddress on = bound.getAddress();
    String host = on.isAnyLocalAddress() ? "127.0.0.1" : bound.getHostString();
    return URI.create("http://" + host + ":" + bound.getPort() + "/");
  }

  @Override
  public void close() {
    events.close();
    http.stop();
    feed.close();
  }
}
