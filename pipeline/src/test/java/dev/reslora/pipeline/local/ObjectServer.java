package dev.reslora.pipeline.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One bucket in memory behind as much of an object store's protocol as Flink's plug-in for it
 * speaks, and the configuration that leads the plug-in there.
 */
public abstract sealed class ObjectServer implements AutoCloseable permits GcsServer, S3Server {

  static final String BUCKET = "reslora";

  private final String scheme;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
  private final AtomicInteger uploadsBegun = new AtomicInteger();

  /** Listens, with an empty bucket. */
  ObjectServer(String scheme) throws IOException {
    this.scheme = scheme;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  abstract void handle(HttpExchange exchange) throws IOException;

  /** Lines of a config.yaml; other files that they name are written beside it. */
  abstract List<String> options(Path directory, boolean known) throws IOException;

  /** What a client that it does not know is told. */
  public abstract String refusal();

  /** How many objects were begun in parts and neither completed nor given up. */
  public abstract int unfinished();

  /**
   * Writes a config.yaml, as FLINK_CONF_DIR has one.
   *
   * @param known whether of a client that the server knows, or one that it refuses
   * @return the directory
   */
  public final Path configuration(Path directory, boolean known) throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve("config.yaml"), options(directory, known));
    return directory;
  }

  /** A directory with Flink's plug-in, as FLINK_PLUGINS_DIR names one. */
  public final Path plugins() {
    return Path.of("target", "flink-plugins", scheme);
  }

  /** The bucket's URI, without a slash at its end. */
  public final String root() {
    return scheme + "://" + BUCKET;
  }

  /** The bucket, by key. */
  public final NavigableMap<String, byte[]> objects() {
    return objects;
  }

  final String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  final String nextUpload() {
    return "upload-" + uploadsBegun.incrementAndGet();
  }

  static Map<String, String> query(@Nullable String query) {
    Map<String, String> values = new TreeMap<>();
    for (String each : query == null ? new String[0] : query.split("&")) {
      String[] pair = each.split("=", 2);
      values.put(pair[0], pair.length == 1 ? "" : pair[1]);
    }
    return values;
  }

  /**
   * What of an object is answered.
   *
   * @param range its Content-Range; null: it is the whole object
   */
  record Content(byte[] bytes, @Nullable String range) {

    /**
     * @param range the request's header Range
     */
    static Content of(byte[] object, @Nullable String range) {
      if (range == null) {
        return new Content(object, null);
      }
      String[] ends = range.substring("bytes=".length()).split("-", 2);
      int from = Integer.parseInt(ends[0]);
      int to =
          ends[1].isEmpty()
              ? object.length
              : Math.min(object.length, Integer.parseInt(ends[1]) + 1);
      return new Content(
          Arrays.copyOfRange(object, from, to),
          "bytes %d-%d/%d".formatted(from, to - 1, object.length));
    }

    int status() {
      return range == null ? 200 : 206;
    }
  }

  @Override
  public final void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
