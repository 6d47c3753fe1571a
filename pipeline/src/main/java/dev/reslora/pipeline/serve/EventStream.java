package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer as server-sent events: {@code text} for each piece, {@code end} with what an answer
 * that comes whole would be, or {@code error}. Begins with the first piece: what fails before has a
 * status of its own. A client that went away is noticed at the next piece, which ends the work.
 */
final class EventStream {

  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

  private final HttpServerExchange exchange;
  private final SnapshotManifest version;

  /** A piece of the text. */
  record Piece(String text) {}

  private EventStream(HttpServerExchange exchange, SnapshotManifest version) {
    this.exchange = exchange;
    this.version = version;
  }

  /**
   * Answers, on a thread that may wait for the client.
   *
   * @param work gives pieces as they come, and returns what ends the stream
   * @throws RuntimeException of the work, when nothing was sent yet
   */
  static void answer(
      HttpServerExchange exchange,
      SnapshotManifest version,
      Function<Consumer<String>, Object> work) {
    EventStream stream = new EventStream(exchange, version);
    try {
      Object end = work.apply(text -> stream.send("text", new Piece(text)));
      stream.send("end", end);
    } catch (UncheckedIOException e) {
      LOG.debug("The client went away", e);
    } catch (RuntimeException e) {
      if (!exchange.isResponseStarted()) {
        throw e;
      }
      stream.fail(e);
    }
    exchange.endExchange();
  }

  private void fail(RuntimeException failure) {
    LOG.error("A request failed in the middle of its answer", failure);
    String detail = "the model failed; see the server's log";
    try {
      send("error", Problem.of(StatusCodes.INTERNAL_SERVER_ERROR, detail));
    } catch (UncheckedIOException e) {
      LOG.debug("The client went away", e);
    }
  }

  private void send(String event, Object data) {
    try {
      OutputStream out = out();
      out.write(("event: " + event + "\ndata: ").getBytes(StandardCharsets.UTF_8));
      out.write(Responses.bytes(data));
      out.write("\n\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private OutputStream out() {
    if (!exchange.isBlocking()) {
      exchange.startBlocking();
      Responses.name(exchange, version);
      exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/event-stream");
      exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
    }
    return exchange.getOutputStream();
  }
}
