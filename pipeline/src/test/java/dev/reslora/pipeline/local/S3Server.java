package dev.reslora.pipeline.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * S3: objects, lists, deletions, multipart uploads, and signatures (version 4), which are checked.
 */
public final class S3Server extends ObjectServer {

  private static final String ACCESS_KEY = "test";
  private static final String SECRET_KEY = "right";
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=[^/]+/(([^/]+)/([^/]+)/([^/]+)/aws4_request),"
              + " *SignedHeaders=([^,]+), *Signature=(\\w+)");
  private static final Pattern KEY = Pattern.compile("<Key>([^<]*)</Key>");

  private final Map<String, NavigableMap<Integer, byte[]>> uploads = new ConcurrentHashMap<>();

  /** Starts with an empty bucket. */
  public S3Server() throws IOException {
    super("s3");
  }

  @Override
  List<String> options(Path directory, boolean known) {
    return List.of(
        "s3:",
        "  endpoint: " + address(),
        "  path.style.access: true",
        "  access-key: " + ACCESS_KEY,
        "  secret-key: " + (known ? SECRET_KEY : "wrong"));
  }

  @Override
  public String refusal() {
    return "403";
  }

  @Override
  public int unfinished() {
    return uploads.size();
  }

  @Override
  void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = body(exchange);
      if (!isSigned(exchange)) {
        error(exchange, 403, "SignatureDoesNotMatch");
        return;
      }
      String[] path = exchange.getRequestURI().getPath().split("/", 3);
      if (!path[1].equals(BUCKET)) {
        error(exchange, 404, "NoSuchBucket");
      } else if (path.length < 3 || path[2].isEmpty()) {
        bucket(exchange, body);
      } else {
        object(exchange, path[2], body);
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private void bucket(HttpExchange exchange, byte[] body) throws IOException {
    Map<String, String> query = query(exchange.getRequestURI().getQuery());
    if (query.containsKey("delete")) {
      KEY.matcher(new String(body, UTF_8)).results().forEach(key -> objects().remove(key.group(1)));
      answer(exchange, 200, "<DeleteResult/>".getBytes(UTF_8));
      return;
    }
    String prefix = query.getOrDefault("prefix", "");
    String delimiter = query.getOrDefault("delimiter", "");
    StringBuilder list = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
    TreeSet<String> prefixes = new TreeSet<>();
    objects()
        .forEach(
            (key, value) -> {
              int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
              if (key.startsWith(prefix) && end >= 0) {
                prefixes.add(key.substring(0, end + 1));
              } else if (key.startsWith(prefix)) {
                list.append(
                    ("<Contents><Key>%s</Key><Size>%d</Size><ETag>x</ETag>"
                            + "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>")
                        .formatted(key, value.length));
              }
            });
    for (String each : prefixes) {
      list.append("<CommonPrefixes><Prefix>" + each + "</Prefix></CommonPrefixes>");
    }
    answer(exchange, 200, list.append("</ListBucketResult>").toString().getBytes(UTF_8));
  }

  private void object(HttpExchange exchange, String key, byte[] body)
      throws IOException, GeneralSecurityException {
    Map<String, String> query = query(exchange.getRequestURI().getQuery());
    String upload = query.get("uploadId");
    switch (exchange.getRequestMethod()) {
      case "PUT" -> {
        byte[] md5 = MessageDigest.getInstance("MD5").digest(body);
        exchange.getResponseHeaders().set("ETag", HexFormat.of().formatHex(md5));
        if (upload == null) {
          objects().put(key, body);
        } else {
          Objects.requireNonNull(uploads.get(upload))
              .put(Integer.valueOf(query.getOrDefault("partNumber", "")), body);
        }
        answer(exchange, 200, new byte[0]);
      }
      case "POST" -> {
        String xml = "<CompleteMultipartUploadResult/>";
        if (upload == null) {
          String id = nextUpload();
          uploads.put(id, new TreeMap<>());
          xml =
              "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>"
                  .formatted(id);
        } else {
          ByteArrayOutputStream whole = new ByteArrayOutputStream();
          Objects.requireNonNull(uploads.remove(upload)).values().forEach(whole::writeBytes);
          objects().put(key, whole.toByteArray());
        }
        answer(exchange, 200, xml.getBytes(UTF_8));
      }
      case "DELETE" -> {
        if (upload == null) {
          objects().remove(key);
        } else {
          uploads.remove(upload);
        }
        exchange.sendResponseHeaders(204, -1);
      }
      default -> get(exchange, objects().get(key));
    }
  }

  private static void get(HttpExchange exchange, byte @Nullable [] object) throws IOException {
    if (object == null) {
      error(exchange, 404, "NoSuchKey");
      return;
    }
    Content content = Content.of(object, exchange.getRequestHeaders().getFirst("Range"));
    if (content.range() != null) {
      exchange.getResponseHeaders().set("Content-Range", content.range());
    }
    exchange.getResponseHeaders().set("ETag", "x");
    exchange.getResponseHeaders().set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    answer(exchange, content.status(), content.bytes());
  }

  private static void error(HttpExchange exchange, int status, String code) throws IOException {
    String xml = "<Error><Code>%s</Code><Message>%s</Message></Error>".formatted(code, code);
    answer(exchange, status, xml.getBytes(UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
    }
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  /** Without the signatures between its chunks. */
  private static byte[] body(HttpExchange exchange) throws IOException {
    byte[] sent = exchange.getRequestBody().readAllBytes();
    String digest = exchange.getRequestHeaders().getFirst("x-amz-content-sha256");
    if (digest == null || !digest.startsWith("STREAMING-")) {
      return sent;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    ByteArrayInputStream in = new ByteArrayInputStream(sent);
    while (true) {
      StringBuilder head = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        head.append((char) c);
      }
      int size = Integer.parseInt(head.substring(0, head.indexOf(";")), 16);
      if (size == 0) {
        return body.toByteArray();
      }
      body.writeBytes(in.readNBytes(size));
      in.skipNBytes(2);
    }
  }

  private static boolean isSigned(HttpExchange exchange) throws GeneralSecurityException {
    String authorization =
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse("");
    Optional<MatchResult> found = CREDENTIAL.matcher(authorization).results().findFirst();
    if (found.isEmpty()) {
      return false;
    }
    MatchResult credential = found.get();
    String headers =
        Stream.of(credential.group(5).split(";"))
            .map(name -> name + ":" + header(exchange, name) + "\n")
            .collect(joining());
    String query =
        query(exchange.getRequestURI().getRawQuery()).entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue())
            .collect(joining("&"));
    String request =
        String.join(
            "\n",
            exchange.getRequestMethod(),
            exchange.getRequestURI().getRawPath(),
            query,
            headers,
            credential.group(5),
            header(exchange, "x-amz-content-sha256"));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(request.getBytes(UTF_8));
    byte[] key = ("AWS4" + SECRET_KEY).getBytes(UTF_8);
    for (String part :
        List.of(credential.group(2), credential.group(3), credential.group(4), "aws4_request")) {
      key = hmac(key, part);
    }
    String signed =
        String.join(
            "\n",
            "AWS4-HMAC-SHA256",
            header(exchange, "x-amz-date"),
            credential.group(1),
            HexFormat.of().formatHex(digest));
    return HexFormat.of().formatHex(hmac(key, signed)).equals(credential.group(6));
  }

  private static String header(HttpExchange exchange, String name) {
    return String.join(",", exchange.getRequestHeaders().getOrDefault(name, List.of()))
        .strip()
        .replaceAll(" +", " ");
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }
}
