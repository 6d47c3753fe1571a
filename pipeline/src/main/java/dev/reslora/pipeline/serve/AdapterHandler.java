package dev.reslora.pipeline.serve;

import dev.reslora.serving.OverloadedException;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedVersion.Lease;
import io.undertow.io.Receiver;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a request to an adapter without holding a thread, chooses the version that answers, and
 * gives both to an endpoint on a worker thread.
 */
final class AdapterHandler implements HttpHandler {

  private static final Logger LOG = LoggerFactory.getLogger(AdapterHandler.class);

  private final int payloadLimit;
  private final ServedAdapters adapters;
  private final Endpoint endpoint;

  AdapterHandler(int payloadLimit, ServedAdapters adapters, Endpoint endpoint) {
    this.payloadLimit = payloadLimit;
    this.adapters = adapters;
    this.endpoint = endpoint;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    if (exchange.getRequestContentLength() > payloadLimit) {
      unreadable(exchange, new Receiver.RequestToLargeException());
      return;
    }
    Receiver receiver = exchange.getRequestReceiver();
    receiver.setMaxBufferSize(payloadLimit);
    receiver.receiveFullBytes(
        (same, body) -> same.dispatch(() -> answer(same, body)), this::unreadable);
  }

  private void unreadable(HttpServerExchange exchange, IOException e) {
    if (e instanceof Receiver.RequestToLargeException) {
      exchange.setPersistent(false);
      Responses.problem(
          exchange,
          StatusCodes.REQUEST_ENTITY_TOO_LARGE,
          "the body: expected at most " + payloadLimit + " bytes");
    } else {
      LOG.debug("A request broke off", e);
      exchange.endExchange();
    }
  }

  private void answer(HttpServerExchange exchange, byte[] body) {
    try {
      Endpoint.Call call = endpoint.read(body);
      Optional<Lease> lease = lease(exchange);
      if (lease.isPresent()) {
        call.answer(exchange, lease.get());
      } else {
        Responses.problem(exchange, StatusCodes.NOT_FOUND, missing(exchange));
      }
    } catch (BadRequestException e) {
      Responses.problem(exchange, StatusCodes.BAD_REQUEST, String.valueOf(e.getMessage()));
    } catch (OverloadedException e) {
      exchange.getResponseHeaders().put(Headers.RETRY_AFTER, e.retryAfter().toSeconds());
      Responses.problem(exchange, StatusCodes.TOO_MANY_REQUESTS, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      Responses.failed(exchange, e);
    }
  }

  /** The newest version, or the one that the query names. */
  private Optional<Lease> lease(HttpServerExchange exchange) throws BadRequestException {
    String version = version(exchange);
    if (version == null) {
      return adapters.lease(adapter(exchange));
    }
    try {
      return adapters.lease(adapter(exchange), Long.parseLong(version));
    } catch (NumberFormatException e) {
      throw new BadRequestException("version: expected a number, found '" + version + "'");
    }
  }

  private static String missing(HttpServerExchange exchange) {
    String version = version(exchange);
    return version == null
        ? "adapter " + adapter(exchange) + " has no version here"
        : "adapter " + adapter(exchange) + " has no version " + version + " here";
  }

  private static String adapter(HttpServerExchange exchange) {
    PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
    return Objects.requireNonNull(match.getParameters().get("adapter"));
  }

  private static @Nullable String version(HttpServerExchange exchange) {
    Deque<String> values = exchange.getQueryParameters().get("version");
    return values == null ? null : values.peekFirst();
  }
}
