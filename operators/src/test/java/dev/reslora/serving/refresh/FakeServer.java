package dev.reslora.serving.refresh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A server that answers as each kind's documentation says: what it has loaded, under which name,
 * from which directory. Faults are planted.
 */
public final class FakeServer implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerKind kind;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, String> loaded = new TreeMap<>();
  private final List<String> everLoaded = new ArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private Fault fault = Fault.NONE;
  private @Nullable String token;

  /** What goes wrong with loading. */
  enum Fault {
    NONE,
    /** As vLLM without leave to load at run time, or a wrong address. */
    NOT_FOUND,
    BROKEN,
    /** Loads, and never answers. */
    SILENT,
    /** Loads, and stops in the middle of the answer. */
    STALLED
  }

  private record Answer(int status, String body, boolean whole) {

    Answer(int status, String body) {
      this(status, body, true);
    }
  }

  public FakeServer(ServerKind kind) throws IOException {
    this.kind = kind;
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/", this::handle);
    http.setExecutor(threads);
    http.start();
  }

  synchronized RefreshServer client(Path directory, Duration patience) {
    return new HttpRefreshServer(kind, address(), new ServerAccess(directory, patience, token));
  }

  /** What a client is given. */
  public URI address() {
    String model = kind == ServerKind.DJL ? "/models/llama" : "";
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + model);
  }

  synchronized void plant(Fault next) {
    fault = next;
  }

  /** Answers nobody from here on who does not bear this. */
  public synchronized void require(String bearerToken) {
    token = bearerToken;
  }

  /** Names and directories. */
  synchronized Map<String, String> loaded() {
    return Map.copyOf(loaded);
  }

  public synchronized List<String> everLoaded() {
    return List.copyOf(everLoaded);
  }

  /** As after a restart. */
  synchronized void forget() {
    loaded.clear();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Answer answer = answer(exchange);
    if (answer == null) {
      hang();
      exchange.close();
      return;
    }
    byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      int now = answer.whole ? body.length : body.length / 2;
      out.write(body, 0, now);
      if (!answer.whole) {
        out.flush();
        hang();
      }
      out.write(body, now, body.length - now);
    }
  }

  private void hang() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized @Nullable Answer answer(HttpExchange exchange) throws IOException {
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    String sent = exchange.getRequestHeaders().getFirst("Authorization");
    if (token != null && !("Bearer " + token).equals(sent)) {
      return new Answer(401, "{\"error\":\"Unauthorized\"}");
    }
    return switch (kind) {
      case VLLM ->
          switch (request) {
            case "POST /v1/load_lora_adapter" ->
                load(
                    body.path("lora_name").asText(),
                    body.path("lora_path").asText(),
                    "Success: LoRA adapter added successfully.");
            case "POST /v1/unload_lora_adapter" ->
                loaded.remove(body.path("lora_name").asText()) == null
                    ? new Answer(404, "{\"object\":\"error\",\"type\":\"NotFoundError\"}")
                    : new Answer(200, "Success: LoRA adapter removed successfully.");
            case "GET /v1/models" -> listing("data", "id");
            default -> new Answer(404, "{\"detail\":\"Not Found\"}");
          };
      case SGLANG ->
          switch (request) {
            case "POST /load_lora_adapter" ->
                load(
                    body.path("lora_name").asText(),
                    body.path("lora_path").asText(),
                    "{\"success\":true,\"loaded_adapters\":{}}");
            case "POST /unload_lora_adapter" ->
                loaded.remove(body.path("lora_name").asText()) == null
                    ? new Answer(400, "{\"success\":false,\"error_message\":\"not loaded\"}")
                    : new Answer(200, "{\"success\":true,\"loaded_adapters\":{}}");
            case "GET /v1/models" -> listing("data", "id");
            default -> new Answer(404, "{\"detail\":\"Not Found\"}");
          };
      case DJL -> {
        Map<String, String> query = query(exchange.getRequestURI());
        String prefix = "/models/llama/adapters";
        if (request.equals("POST " + prefix)) {
          yield load(
              query.getOrDefault("name", ""), query.getOrDefault("src", ""), "{\"status\":\"\"}");
        } else if (request.startsWith("DELETE " + prefix + "/")) {
          String name = request.substring(("DELETE " + prefix + "/").length());
          yield loaded.remove(name) == null
              ? new Answer(404, "{\"code\":404,\"type\":\"NotFoundException\"}")
              : new Answer(200, "{\"status\":\"Adapter unregistered\"}");
        }
        yield request.equals("GET " + prefix)
            ? listing("adapters", "name")
            : new Answer(404, "{\"code\":404}");
      }
      case LORAX -> {
        String path = body.path("parameters").path("adapter_id").asText();
        boolean local = body.path("parameters").path("adapter_source").asText().equals("local");
        yield request.equals("POST /generate") && local
            ? load(path, path, "{\"generated_text\":\"a\"}")
            : new Answer(404, "");
      }
    };
  }

  private @Nullable Answer load(String name, String path, String success) {
    if (fault == Fault.NOT_FOUND) {
      return new Answer(404, "{\"detail\":\"Not Found\"}");
    }
    if (fault == Fault.BROKEN) {
      return new Answer(500, "out of memory");
    }
    if (!Files.isRegularFile(Path.of(path, "adapter_model.safetensors"))) {
      return new Answer(404, "no adapter at " + path);
    }
    if (kind != ServerKind.LORAX && loaded.containsKey(name)) {
      return new Answer(400, "'" + name + "' has already been loaded");
    }
    loaded.put(name, path);
    everLoaded.add(name);
    return fault == Fault.SILENT ? null : new Answer(200, success, fault != Fault.STALLED);
  }

  private Answer listing(String array, String field) {
    List<Map<String, String>> items = new ArrayList<>();
    items.add(Map.of(field, "the-base-model"));
    loaded.keySet().forEach(name -> items.add(Map.of(field, name)));
    try {
      return new Answer(200, JSON.writeValueAsString(Map.of(array, items)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    String raw = uri.getRawQuery() == null ? "" : uri.getRawQuery();
    for (String pair : raw.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[parts.length - 1], StandardCharsets.UTF_8));
    }
    return query;
  }

  @Override
  public void close() {
    closing.countDown();
    http.stop(0);
    threads.shutdownNow();
  }
}
