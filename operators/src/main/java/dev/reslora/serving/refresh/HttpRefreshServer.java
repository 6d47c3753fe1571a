package dev.reslora.serving.refresh;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server reached over HTTP in its kind's protocol. */
public final class HttpRefreshServer implements RefreshServer {

  private static final int SHOWN = 300;

  private final ServerKind kind;
  private final URI base;
  private final ServerAccess access;
  private final HttpClient http;

  /**
   * Asks nothing yet.
   *
   * @param base address, without the protocol's paths
   */
  public HttpRefreshServer(ServerKind kind, URI base, ServerAccess access) {
    this.kind = kind;
    this.base = base;
    this.access = access;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(access.patience())
            .build();
  }

  @Override
  public String label() {
    return kind.label() + " " + base;
  }

  @Override
  public CompletableFuture<Void> load(String name, Path directory) {
    String path = access.seen().resolve(directory.getFileName()).toString();
    return ask(kind.load(base, name, path))
        .thenAccept(response -> require(response, succeeded(response)));
  }

  @Override
  public CompletableFuture<Void> unload(String name) {
    Optional<HttpRequest.Builder> request = kind.unload(base, name);
    if (request.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return ask(request.get())
        .thenAccept(
            response ->
                require(response, succeeded(response) || kind.absent(response.statusCode())));
  }

  @Override
  public CompletableFuture<Optional<Set<String>>> loaded() {
    Optional<HttpRequest.Builder> request = kind.list(base);
    if (request.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return ask(request.get())
        .thenApply(
            response -> {
              require(response, succeeded(response));
              return Optional.of(kind.names(ServerKind.json(response.body())));
            });
  }

  /** With an end of its own: a request's timeout ends with the headers, and a body may stall. */
  private CompletableFuture<HttpResponse<String>> ask(HttpRequest.Builder request) {
    if (access.token() != null) {
      request.header("Authorization", "Bearer " + access.token());
    }
    Duration patience = access.patience();
    CompletableFuture<HttpResponse<String>> call =
        http.sendAsync(request.build(), BodyHandlers.ofString());
    return call.copy()
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(
            fault -> {
              call.cancel(true);
              return CompletableFuture.failedFuture(
                  fault instanceof TimeoutException
                      ? new RefusedRequestException(
                          "no whole answer within " + patience.toSeconds() + " s")
                      : fault);
            });
  }

  private boolean succeeded(HttpResponse<String> response) {
    return response.statusCode() / 100 == 2 && kind.succeeded(response.body());
  }

  private static void require(HttpResponse<String> response, boolean fine) {
    if (!fine) {
      String body = response.body().strip();
      throw new RefusedRequestException(
          "answered %d to %s: %s"
              .formatted(
                  response.statusCode(),
                  response.request().uri().getPath(),
                  body.substring(0, Math.min(SHOWN, body.length()))));
    }
  }
}
