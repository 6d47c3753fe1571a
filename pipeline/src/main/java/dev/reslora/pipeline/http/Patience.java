package dev.reslora.pipeline.http;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.channels.Channels;
import org.xnio.channels.StreamSinkChannel;

/**
 * How long a server waits for a client: for a request from its head to its last byte, for the next
 * one, for an answer of known length to be taken, and for each piece of a stream. Then the
 * connection is cut. How long an answer takes to be made does not count, which is why Undertow's
 * own time-outs of reads and writes do not serve: theirs run on while a model works.
 *
 * @param limit of each
 */
public record Patience(Duration limit) {

  /** What servers have unless a test is in a hurry. */
  public static final Patience USUAL = new Patience(Duration.ofSeconds(30));

  /** A server with this patience that has not started. */
  public Undertow server(String host, int port, HttpHandler handler) {
    int millis = Math.toIntExact(limit.toMillis());
    return Undertow.builder()
        .addHttpListener(port, host)
        .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, millis)
        .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, millis)
        .setHandler(exchange -> handle(exchange, handler))
        .build();
  }

  private void handle(HttpServerExchange exchange, HttpHandler handler) throws Exception {
    if (!exchange.isRequestComplete()) {
      cutUnless(exchange, exchange::isRequestComplete);
    }
    exchange.addResponseCommitListener(
        begun -> {
          if (begun.getResponseContentLength() >= 0) {
            cutUnless(begun, begun::isComplete);
          }
        });
    handler.handleRequest(exchange);
  }

  private void cutUnless(HttpServerExchange exchange, BooleanSupplier done) {
    XnioExecutor.Key cut =
        exchange
            .getIoThread()
            .executeAfter(
                () -> {
                  if (!done.getAsBoolean()) {
                    cut(exchange);
                  }
                },
                limit.toMillis(),
                TimeUnit.MILLISECONDS);
    exchange.addExchangeCompleteListener(
        (ended, next) -> {
          cut.remove();
          next.proceed();
        });
  }

  /** Closes the connection, so that the exchange ends whatever the client does. */
  public static void cut(HttpServerExchange exchange) {
    IoUtils.safeClose(exchange.getConnection());
    exchange.endExchange();
  }

  /**
   * Sends a piece of a stream, on a thread that may wait for the client.
   *
   * @throws IOException when the client went away, or has not taken it in time
   */
  public void send(StreamSinkChannel stream, ByteBuffer piece) throws IOException {
    long nanos = limit.toNanos();
    int unused = Channels.writeBlocking(stream, piece, nanos, TimeUnit.NANOSECONDS);
    if (piece.hasRemaining() || !Channels.flushBlocking(stream, nanos, TimeUnit.NANOSECONDS)) {
      throw late();
    }
  }

  /**
   * Ends a stream.
   *
   * @throws IOException as {@link #send}
   */
  public void end(StreamSinkChannel stream) throws IOException {
    if (!Channels.shutdownWritesBlocking(stream, limit.toNanos(), TimeUnit.NANOSECONDS)) {
      throw late();
    }
  }

  private IOException late() {
    return new IOException("the client took nothing for " + limit.toMillis() + " ms");
  }
}
