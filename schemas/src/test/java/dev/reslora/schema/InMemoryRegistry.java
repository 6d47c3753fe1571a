package dev.reslora.schema;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A schema registry on a free local port that speaks the part of Confluent's protocol that is used
 * here. It can be told to fail.
 */
public final class InMemoryRegistry implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    // Headers and body are two packets; without this the second waits 40 ms for the first's ack.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final HttpServer server;
  private final List<String> schemas = new ArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger failuresLeft = new AtomicInteger();
  private volatile int failureStatus = 503;
  private volatile @Nullable String requiredAuthorization;
  private volatile @Nullable String plantedAnswer;

  private InMemoryRegistry(HttpServer server) {
    this.server = server;
  }

  public static InMemoryRegistry start() throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    InMemoryRegistry registry = new InMemoryRegistry(HttpServer.create(address, 0));
    registry.server.createContext("/", registry::handle);
    registry.server.start();
    return registry;
  }

  public URI url() {
    return URI.create("http://localhost:" + server.getAddress().getPort());
  }

  /** A client's configuration that does not wait between attempts. */
  public RegistryConfig config() {
    return new RegistryConfig(
        url(), null, Duration.ofSeconds(10), 3, Duration.ZERO, Duration.ofMinutes(1));
  }

  /** The id of a schema, registered if it is not there yet. */
  public synchronized int add(String schema) {
    int index = schemas.indexOf(schema);
    if (index < 0) {
      schemas.add(schema);
      index = schemas.size() - 1;
    }
    return index + 1;
  }

  /** The next {@code count} requests get this status. */
  public void fail(int count, int status) {
    failureStatus = status;
    failuresLeft.set(count);
  }

  /** From here on only requests with this header's value are answered. */
  void requireAuthorization(String value) {
    requiredAuthorization = value;
  }

  /** From here on this is the body of every answer. */
  void answerAlways(String body) {
    plantedAnswer = body;
  }

  /** Method and path of every request so far. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getRawPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      byte[] body = exchange.getRequestBody().readAllBytes();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      if (requiredAuthorization != null && !requiredAuthorization.equals(authorization)) {
        answer(exchange, 401, "{\"error_code\":401,\"message\":\"Unauthorized\"}");
      } else if (failuresLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        answer(exchange, failureStatus, "{\"message\":\"planted fault\"}");
      } else if (plantedAnswer != null) {
        answer(exchange, 200, plantedAnswer);
      } else if (path.startsWith("/schemas/ids/")) {
        lookUp(exchange, Long.parseLong(path.substring("/schemas/ids/".length())));
      } else if (path.matches("/subjects/[^/]+/versions")) {
        int id = add(JSON.readTree(body).path("schema").asText());
        answer(exchange, 200, "{\"id\":" + id + "}");
      } else {
        answer(exchange, 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
      }
    }
  }

  private synchronized void lookUp(HttpExchange exchange, long id) throws IOException {
    if (id < 1 || id > schemas.size()) {
      answer(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
      return;
    }
    String schema = schemas.get((int) id - 1);
    answer(exchange, 200, JSON.createObjectNode().put("schema", schema).toString());
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
