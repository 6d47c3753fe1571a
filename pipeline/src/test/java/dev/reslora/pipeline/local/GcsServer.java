package dev.reslora.pipeline.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Google Cloud Storage by its JSON API: objects, lists, deletions, uploads in one request and
 * resumable ones, compositions, batches, preconditions on generations, and tokens for signatures of
 * a service account's key, which are checked.
 */
public final class GcsServer extends ObjectServer {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "granted";
  private static final String BUCKETS = "/storage/v1/b/";
  private static final String UPLOADS = "/upload/storage/v1/b/";
  private static final String DOWNLOADS = "/download/storage/v1/b/";

  /** Where Flink's writer has parts of objects that are not committed. */
  private static final String PARTS = ".inprogress/";

  private final KeyPair account = keyPair();
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

  /** What of an object has come, and its precondition. */
  private record Upload(String key, @Nullable String generation, ByteArrayOutputStream content) {}

  /** Of a connection's own, or one of a batch. */
  private record Call(
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      byte[] body) {

    static Call of(String method, URI target, Map<String, String> headers, byte[] body) {
      Map<String, String> query = new TreeMap<>();
      ObjectServer.query(target.getRawQuery())
          .forEach((name, value) -> query.put(name, decoded(value)));
      return new Call(method, target.getRawPath(), query, headers, body);
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private record Answer(int status, Map<String, String> headers, byte[] body) {

    static Answer empty(int status) {
      return new Answer(status, Map.of(), new byte[0]);
    }

    static Answer json(int status, JsonNode body) {
      return new Answer(
          status,
          Map.of("Content-Type", "application/json; charset=UTF-8"),
          body.toString().getBytes(UTF_8));
    }

    static Answer error(int status, String reason) {
      ObjectNode body = JSON.createObjectNode();
      ObjectNode error = body.putObject("error").put("code", status).put("message", reason);
      error.putArray("errors").addObject().put("reason", reason).put("message", reason);
      return json(status, body);
    }
  }

  /** Starts with an empty bucket. */
  public GcsServer() throws IOException {
    super("gs");
  }

  @Override
  List<String> options(Path directory, boolean known) throws IOException {
    KeyPair pair = known ? account : keyPair();
    String key = Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded());
    ObjectNode file =
        JSON.createObjectNode()
            .put("type", "service_account")
            .put("project_id", "test")
            .put("private_key_id", "1")
            .put(
                "private_key",
                "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----")
            .put("client_email", "job@test")
            .put("client_id", "1")
            .put("token_uri", address() + "/token");
    Path keyFile = directory.resolve("account.json");
    Files.writeString(keyFile, file.toString());
    Files.writeString(
        directory.resolve("core-site.xml"),
        """
        <configuration>
          <property>
            <name>google.cloud.auth.service.account.json.keyfile</name>
            <value>%s</value>
          </property>
        </configuration>
        """
            .formatted(keyFile));
    return List.of(
        "env.hadoop.conf.dir: " + directory,
        "gs.storage.root.url: " + address(),
        "gs.token.server.url: " + address() + "/token",
        // So that the test's uploads come in several requests.
        "gs.writer.chunk.size: 1 mb");
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
      keys.initialize(1024); // as short as may be
      return keys.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String refusal() {
    return "invalid_grant";
  }

  @Override
  public int unfinished() {
    return (int) objects().keySet().stream().filter(key -> key.startsWith(PARTS)).count();
  }

  @Override
  void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
      Call call =
          Call.of(
              exchange.getRequestMethod(),
              exchange.getRequestURI(),
              headers,
              exchange.getRequestBody().readAllBytes());
      Answer answer =
          switch (call.path()) {
            case "/token" -> token(call);
            case "/batch/storage/v1" -> batch(call);
            default -> authorized(call);
          };
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      boolean empty = answer.body().length == 0;
      exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length);
      if (!empty) {
        exchange.getResponseBody().write(answer.body());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private Answer token(Call call) throws GeneralSecurityException {
    String assertion = query(new String(call.body(), UTF_8)).getOrDefault("assertion", "");
    int end = assertion.lastIndexOf('.');
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(account.getPublic());
    signature.update(assertion.substring(0, end).getBytes(UTF_8));
    return signature.verify(Base64.getUrlDecoder().decode(assertion.substring(end + 1)))
        ? Answer.json(
            200,
            JSON.createObjectNode()
                .put("access_token", TOKEN)
                .put("token_type", "Bearer")
                .put("expires_in", 3600))
        : Answer.json(400, JSON.createObjectNode().put("error", "invalid_grant"));
  }

  private Answer authorized(Call call) throws IOException {
    return call.header("Authorization").equals("Bearer " + TOKEN)
        ? answer(call)
        : Answer.error(401, "authError");
  }

  private Answer answer(Call call) throws IOException {
    for (String service : List.of(UPLOADS, DOWNLOADS, BUCKETS)) {
      if (call.path().startsWith(service + BUCKET)) {
        String[] names = call.path().substring(service.length()).split("/", -1);
        return service.equals(UPLOADS)
            ? upload(call)
            : switch (names.length) {
              case 1 -> Answer.json(200, dated(JSON.createObjectNode().put("name", BUCKET)));
              case 2 -> list(call);
              case 3 -> object(call, decoded(names[2]));
              case 4 -> compose(call, decoded(names[2]));
              default -> Answer.error(404, "notFound");
            };
      }
    }
    return Answer.error(404, "notFound");
  }

  private Answer list(Call call) {
    String prefix = call.query().getOrDefault("prefix", "");
    String delimiter = call.query().getOrDefault("delimiter", "");
    boolean trailing = Boolean.parseBoolean(call.query().get("includeTrailingDelimiter"));
    ObjectNode list = JSON.createObjectNode();
    TreeSet<String> prefixes = new TreeSet<>();
    objects().tailMap(prefix).entrySet().stream()
        .takeWhile(each -> each.getKey().startsWith(prefix))
        .forEach(
            each -> {
              String key = each.getKey();
              int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
              if (end >= 0) {
                prefixes.add(key.substring(0, end + 1));
              }
              if (end < 0 || (trailing && end == key.length() - 1)) {
                list.withArray("items").add(metadata(key, each.getValue()));
              }
            });
    prefixes.forEach(list.withArray("prefixes")::add);
    return Answer.json(200, list);
  }

  private Answer object(Call call, String key) {
    byte[] object = objects().get(key);
    if (object == null) {
      return Answer.error(404, "notFound");
    }
    if (!allowed(call.query().get("ifGenerationMatch"), key)) {
      return Answer.error(412, "conditionNotMet");
    }
    if (call.method().equals("DELETE")) {
      objects().remove(key);
      return Answer.empty(204);
    }
    return "media".equals(call.query().get("alt"))
        ? content(object, call.headers().get("Range"))
        : Answer.json(200, metadata(key, object));
  }

  private static Answer content(byte[] object, @Nullable String range) {
    Content content = Content.of(object, range);
    Map<String, String> headers = new TreeMap<>(Map.of("x-goog-generation", generation(object)));
    if (content.range() != null) {
      headers.put("Content-Range", content.range());
    }
    return new Answer(content.status(), headers, content.bytes());
  }

  private Answer compose(Call call, String key) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (JsonNode source : JSON.readTree(plain(call)).get("sourceObjects")) {
      byte[] part = objects().get(source.get("name").asText());
      if (part == null) {
        return Answer.error(404, "notFound");
      }
      whole.writeBytes(part);
    }
    return put(key, call.query().get("ifGenerationMatch"), whole.toByteArray());
  }

  private Answer upload(Call call) throws IOException {
    String id = call.query().get("upload_id");
    if (id != null) {
      return resume(call, id);
    }
    boolean whole = "multipart".equals(call.query().get("uploadType"));
    List<byte[]> parts = whole ? parts(call) : List.of(plain(call));
    JsonNode described = JSON.readTree(parts.get(0));
    String key =
        Optional.ofNullable(call.query().get("name"))
            .orElseGet(() -> described.path("name").asText());
    String generation = call.query().get("ifGenerationMatch");
    if (whole) {
      return put(key, generation, parts.get(1));
    }
    String begun = nextUpload();
    uploads.put(begun, new Upload(key, generation, new ByteArrayOutputStream()));
    String location = address() + call.path() + "?uploadType=resumable&upload_id=" + begun;
    return new Answer(200, Map.of("Location", location), new byte[0]);
  }

  private Answer resume(Call call, String id) {
    Upload upload = requireNonNull(uploads.get(id));
    upload.content().writeBytes(call.body());
    int size = upload.content().size();
    if (call.header("Content-Range").endsWith("/" + size)) {
      uploads.remove(id);
      return put(upload.key(), upload.generation(), upload.content().toByteArray());
    }
    return new Answer(
        308, size == 0 ? Map.of() : Map.of("Range", "bytes=0-" + (size - 1)), new byte[0]);
  }

  private Answer put(String key, @Nullable String generation, byte[] object) {
    if (!allowed(generation, key)) {
      return Answer.error(412, "conditionNotMet");
    }
    objects().put(key, object);
    return Answer.json(200, metadata(key, object));
  }

  private Answer batch(Call call) throws IOException {
    StringBuilder answers = new StringBuilder();
    for (byte[] part : parts(call)) {
      Answer answer = authorized(request(part, call.header("Authorization")));
      answers.append(
          "--batch\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 %d -\r\n"
              .formatted(answer.status()));
      answer.headers().forEach((name, value) -> answers.append(name + ": " + value + "\r\n"));
      answers.append("Content-Length: %d\r\n\r\n".formatted(answer.body().length));
      answers.append(new String(answer.body(), ISO_8859_1)).append("\r\n");
    }
    return new Answer(
        200,
        Map.of("Content-Type", "multipart/mixed; boundary=batch"),
        answers.append("--batch--").toString().getBytes(ISO_8859_1));
  }

  /** A batch's part is a request as on a connection; it may have an authorization of its own. */
  private static Call request(byte[] part, String authorization) {
    String text = new String(part, ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String[] lines = text.substring(0, end).split("\r\n", -1);
    String[] request = lines[0].split(" ", -1);
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("Authorization", authorization);
    Arrays.stream(lines)
        .skip(1)
        .map(line -> line.split(": *", 2))
        .forEach(header -> headers.put(header[0], header[1]));
    byte[] body = text.substring(end + 4).getBytes(ISO_8859_1);
    return Call.of(request[0], URI.create(request[1]), headers, body);
  }

  /** What is between the boundaries, without headers. */
  private static List<byte[]> parts(Call call) throws IOException {
    String type = call.header("Content-Type");
    String boundary =
        type.substring(type.indexOf("boundary=") + 9).replaceAll(";.*", "").replace("\"", "");
    List<byte[]> parts = new ArrayList<>();
    String body = "\r\n" + new String(plain(call), ISO_8859_1);
    for (String part : body.split("\r\n--" + boundary, -1)) {
      int head = part.indexOf("\r\n\r\n");
      if (head >= 0) {
        parts.add(part.substring(head + 4).getBytes(ISO_8859_1));
      }
    }
    return parts;
  }

  private static byte[] plain(Call call) throws IOException {
    if (!call.header("Content-Encoding").equals("gzip")) {
      return call.body();
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(call.body()))) {
      return in.readAllBytes();
    }
  }

  /**
   * @param expected generation that must be there; "0": none may be, null: any may
   */
  private boolean allowed(@Nullable String expected, String key) {
    byte[] object = objects().get(key);
    return expected == null || expected.equals(object == null ? "0" : generation(object));
  }

  /** Another one for another content. */
  private static String generation(byte[] object) {
    return Long.toString(1 + checksum(object));
  }

  private static long checksum(byte[] object) {
    CRC32C checksum = new CRC32C();
    checksum.update(object);
    return checksum.getValue();
  }

  private static ObjectNode metadata(String key, byte[] object) {
    byte[] checksum = ByteBuffer.allocate(4).putInt((int) checksum(object)).array();
    return dated(
        JSON.createObjectNode()
            .put("bucket", BUCKET)
            .put("name", key)
            .put("size", Integer.toString(object.length))
            .put("generation", generation(object))
            .put("metageneration", "1")
            .put("crc32c", Base64.getEncoder().encodeToString(checksum)));
  }

  private static ObjectNode dated(ObjectNode described) {
    String date = "2026-01-01T00:00:00.000Z";
    return described.put("timeCreated", date).put("updated", date);
  }

  private static String decoded(String encoded) {
    return URLDecoder.decode(encoded.replace("+", "%2B"), UTF_8);
  }
}
