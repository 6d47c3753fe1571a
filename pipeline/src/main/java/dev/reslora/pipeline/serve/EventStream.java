package dev.reslora.pipeline.serve;

import dev.reslora.pipeline.http.Patience;
import dev.reslora.schema.avro.SnapshotManifest;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.channels.StreamSinkChannel;

/**
 * An answer as server-sent events: {@code text} for each piece, {@code end} with what an answer
 * that comes whole would be, or {@code error}. Begins with the first piece: what fails before has a
 * status of its own. A client that went away, or takes nothing any more, is noticed at the next
 * piece, which ends the work.
 */
final class EventStream {

  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

  private final HttpServerExchange exchange;
  private final SnapshotManifest version;
  private final Patience patience;
  private @Nullable StreamSinkChannel stream;

  /** A piece of the text. */
  record Piece(String text) {}

  /**
   * Sends nothing yet.
   *
   * @param version that answers
   * @param patience with a client that takes nothing
   */
  EventStream(HttpServerExchange exchange, SnapshotManifest version, Patience patience) {
    this.exchange = exchange;
    this.version = version;
    this.patience = patience;
  }

  /**
   * Answers, on a thread that may wait for the client.
   *
   * @param work gives pieces as they come, and returns what ends the stream
   * @throws RuntimeException of the work, when nothing was sent yet
   */
  void answer(Function<Consumer<String>, Object> work) {
    try {
      Object end = work.apply(text -> send("text", new Piece(text)));
      send("end", end);
      end();
    } catch (UncheckedIOException e) {
      leave(e);
    } catch (RuntimeException e) {
      if (!exchange.isResponseStarted()) {
        throw e;
      }
      fail(e);
    }
  }

  private void leave(UncheckedIOException e) {
    LOG.debug("The client went away", e);
    Patience.cut(exchange);
  }

  private void fail(RuntimeException failure) {
    LOG.error("A request failed in the middle of its answer", failure);
    String detail = "the model failed; see the server's log";
    try {
      send("error", Problem.of(StatusCodes.INTERNAL_SERVER_ERROR, detail));
      end();
    } catch (UncheckedIOException e) {
      leave(e);
    }
  }

  private void send(String event, Object data) {
    String head = "event: " + event + "\ndata: ";
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    piece.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    piece.writeBytes(Responses.bytes(data));
    piece.writeBytes("\n\n".getBytes(StandardCharsets.UTF_8));
    try {
      patience.send(stream(), ByteBuffer.wrap(piece.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end() {
    try {
      patience.end(stream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    exchange.endExchange();
  }

  private StreamSinkChannel stream() {
    StreamSinkChannel begun = stream;
    if (begun == null) {
      Responses.name(exchange, version);
      exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/event-stream");
      exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
      begun = exchange.getResponseChannel();
      stream = begun;
    }
    return begun;
  }
}
