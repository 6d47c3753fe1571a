package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.OverloadedException;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.text.TokenizedText;
import io.undertow.io.Receiver;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a task with an adapter: reads the body without holding a thread, tokenizes on a worker,
 * waits for the batch without holding a thread. The version is chosen when the body is there, and
 * named in the answer's headers.
 */
final class InferenceHandler implements HttpHandler {

  static final HttpString VERSION = new HttpString("X-Reslora-Version");
  static final HttpString DIGEST = new HttpString("X-Reslora-Digest");

  private static final Logger LOG = LoggerFactory.getLogger(InferenceHandler.class);

  private final InferenceTask task;
  private final Backend backend;

  /** What every task shares. */
  record Backend(
      ServeConfig config, ServedModel model, ServedAdapters adapters, DynamicBatcher batcher) {}

  InferenceHandler(InferenceTask task, Backend backend) {
    this.task = task;
    this.backend = backend;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    int limit = backend.config.payloadLimit();
    if (exchange.getRequestContentLength() > limit) {
      unreadable(exchange, new Receiver.RequestToLargeException());
      return;
    }
    Receiver receiver = exchange.getRequestReceiver();
    receiver.setMaxBufferSize(limit);
    receiver.receiveFullBytes(
        (same, body) -> same.dispatch(() -> answer(same, body)), this::unreadable);
  }

  private void unreadable(HttpServerExchange exchange, IOException e) {
    if (e instanceof Receiver.RequestToLargeException) {
      exchange.setPersistent(false);
      Responses.problem(
          exchange,
          StatusCodes.REQUEST_ENTITY_TOO_LARGE,
          "the body: expected at most " + backend.config.payloadLimit() + " bytes");
    } else {
      LOG.debug("A request broke off", e);
      exchange.endExchange();
    }
  }

  private void answer(HttpServerExchange exchange, byte[] body) {
    try {
      InferenceRequest request = InferenceRequest.parse(body, backend.config.clientBatch());
      Optional<Lease> lease = lease(exchange);
      if (lease.isEmpty()) {
        Responses.problem(exchange, StatusCodes.NOT_FOUND, missing(exchange));
        return;
      }
      submit(exchange, request, lease.get());
    } catch (BadRequestException e) {
      Responses.problem(exchange, StatusCodes.BAD_REQUEST, String.valueOf(e.getMessage()));
    } catch (OverloadedException e) {
      exchange.getResponseHeaders().put(Headers.RETRY_AFTER, e.retryAfter().toSeconds());
      Responses.problem(exchange, StatusCodes.TOO_MANY_REQUESTS, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      failed(exchange, e);
    }
  }

  private void submit(HttpServerExchange exchange, InferenceRequest request, Lease lease)
      throws OverloadedException {
    SnapshotManifest version = lease.version().manifest();
    List<TokenizedText> texts = texts(request, lease);
    CompletableFuture<@Nullable Void> unused =
        backend
            .batcher
            .submit(lease, texts)
            .thenAcceptAsync(
                answers -> respond(exchange, version, texts, answers),
                exchange.getConnection().getWorker())
            .exceptionally(
                failure -> {
                  failed(exchange, failure);
                  return null;
                });
  }

  private List<TokenizedText> texts(InferenceRequest request, Lease lease) {
    try {
      List<TokenizedText> texts = new ArrayList<>();
      for (InferenceRequest.Input input : request.inputs()) {
        texts.add(backend.model.encode(input.text(), input.pair()));
      }
      return texts;
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private void respond(
      HttpServerExchange exchange,
      SnapshotManifest version,
      List<TokenizedText> texts,
      List<Answer> answers) {
    exchange.getResponseHeaders().put(VERSION, version.getVersion());
    exchange.getResponseHeaders().put(DIGEST, version.getDigest());
    Responses.json(exchange, StatusCodes.OK, task.response(version, texts, answers));
  }

  private static void failed(HttpServerExchange exchange, Throwable failure) {
    LOG.error("A request failed", failure);
    Responses.problem(
        exchange, StatusCodes.INTERNAL_SERVER_ERROR, "the model failed; see the server's log");
  }

  /** The newest version, or the one that the query names. */
  private Optional<Lease> lease(HttpServerExchange exchange) throws BadRequestException {
    String version = version(exchange);
    if (version == null) {
      return backend.adapters.lease(adapter(exchange));
    }
    try {
      return backend.adapters.lease(adapter(exchange), Long.parseLong(version));
    } catch (NumberFormatException e) {
      throw new BadRequestException("version: expected a number, found '" + version + "'");
    }
  }

  private String missing(HttpServerExchange exchange) {
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
