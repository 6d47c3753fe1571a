package dev.reslora.pipeline.serve;

import dev.reslora.nn.Torch;
import dev.reslora.pipeline.http.Patience;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.Completions;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.OverloadedException;
import dev.reslora.serving.ServedVersion.Lease;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Goes on with texts, each on a thread of its own, in a bounded queue. */
final class CompletionEndpoint implements Endpoint, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CompletionEndpoint.class);
  private static final long PATIENCE_SECONDS = 5;

  private final ThreadPoolExecutor threads;
  private final Patience patience;

  CompletionEndpoint(DynamicBatcher.Limits limits, Patience patience) {
    this.patience = patience;
    this.threads =
        new ThreadPoolExecutor(
            limits.threads(),
            limits.threads(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(limits.requests()),
            work ->
                new Thread(
                    () -> {
                      Torch.useThreads(1);
                      work.run();
                    },
                    "completions"));
  }

  /** The body of an answer; the end is stop or length. */
  record Response(
      String adapter,
      long version,
      String digest,
      String text,
      int promptTokens,
      int tokens,
      String end) {}

  @Override
  public Call read(byte[] body) throws BadRequestException {
    CompletionRequest.Asked asked = CompletionRequest.parse(body);
    return (exchange, lease) -> submit(exchange, lease, asked);
  }

  private void submit(HttpServerExchange exchange, Lease lease, CompletionRequest.Asked asked)
      throws BadRequestException, OverloadedException {
    if (!lease.version().completes()) {
      lease.close();
      throw new BadRequestException("an encoder classifies, it completes nothing");
    }
    try {
      threads.execute(() -> complete(exchange, lease, asked));
    } catch (RejectedExecutionException e) {
      lease.close();
      throw OverloadedException.of(threads.getQueue().size());
    }
  }

  private void complete(HttpServerExchange exchange, Lease lease, CompletionRequest.Asked asked) {
    try (lease) {
      if (asked.streams()) {
        new EventStream(exchange, lease.version().manifest(), patience)
            .answer(parts -> response(lease, asked.request(), parts));
      } else {
        Response response = response(lease, asked.request(), part -> {});
        Responses.json(exchange, lease.version().manifest(), response);
      }
    } catch (IllegalArgumentException e) {
      Responses.problem(exchange, StatusCodes.BAD_REQUEST, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      Responses.failed(exchange, e);
    }
  }

  private static Response response(
      Lease lease, Completions.Request request, Consumer<String> parts) {
    SnapshotManifest version = lease.version().manifest();
    Completions.Completion made = lease.version().complete(request, parts);
    return new Response(
        version.getAdapterId(),
        version.getVersion(),
        version.getDigest(),
        made.text(),
        made.promptTokens(),
        made.tokens(),
        made.end().name().toLowerCase(Locale.ROOT));
  }

  /** Requests that wait or are being answered. */
  int requests() {
    return threads.getQueue().size() + threads.getActiveCount();
  }

  /** Lets nothing more in, drops what waits, and waits a little for what is being answered. */
  @Override
  public void close() {
    List<Runnable> dropped = threads.shutdownNow();
    if (!dropped.isEmpty()) {
      LOG.warn("{} completions were not begun", dropped.size());
    }
    try {
      if (!threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("{} completions were still being made", threads.getActiveCount());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
