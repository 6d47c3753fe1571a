package dev.reslora.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.http.Patience;
import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The live page of a job, made from the topics that it writes: {@code /} is the page with the
 * figures of now in it, {@code /events} sends them again whenever they have changed (server-sent
 * events), {@code /figures} once. Needs nothing but Kafka, so it can be started, stopped and
 * started anew beside any job. Reads nothing before the first reader comes, or {@link #follow} is
 * called.
 */
public final class LivePage implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLACE = "\"@figures@\"";

  /** The page needs nothing from elsewhere, and what the topics hold is never more than text. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

  private final String title;
  private final LiveTopics topics;
  private final String page = page();
  private @Nullable Following following;

  /**
   * A page that nobody has asked for yet.
   *
   * @param title what the page is headed
   */
  public LivePage(String title, LiveTopics topics) {
    this.title = title;
    this.topics = topics;
  }

  /** What runs from the first reader on. */
  private record Following(LiveFeed feed, LiveEvents events, HttpHandler stream) {}

  private static String page() {
    try (InputStream in = LivePage.class.getResourceAsStream("page.html")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Begins to read the topics, where that has not happened yet. */
  public void follow() {
    Following unused = following();
  }

  private synchronized Following following() {
    Following known = following;
    if (known == null) {
      LiveFeed feed = LiveFeed.start(topics);
      LiveEvents events =
          LiveEvents.start(feed.figures()::changes, id -> json(feed, id), Patience.USUAL);
      known = new Following(feed, events, events.handler());
      following = known;
    }
    return known;
  }

  /**
   * Answers for the page; its paths are relative, so it may lie under any that ends with a slash.
   */
  public HttpHandler handler() {
    HttpHandler routes =
        Handlers.routing()
            .get("/", exchange -> answer(exchange, "text/html; charset=utf-8", filled(exchange)))
            .get("/figures", exchange -> answer(exchange, "application/json", json(exchange)))
            .get("/events", exchange -> following().stream().handleRequest(exchange));
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
    return json(following().feed(), chosen == null ? null : chosen.peekFirst());
  }

  private String json(LiveFeed feed, @Nullable String adapter) {
    try {
      return JSON.writeValueAsString(
          feed.figures().view(title, adapter, System.currentTimeMillis()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("views are records of plain values", e);
    }
  }

  /** Readers are sent away and the topics are left; before the server that has the handler ends. */
  @Override
  public synchronized void close() {
    if (following != null) {
      following.events().close();
      following.feed().close();
    }
  }
}
