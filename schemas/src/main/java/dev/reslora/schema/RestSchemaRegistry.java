package dev.reslora.schema;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Client of Confluent's registry protocol, which Apicurio (ccompat) and Karapace speak too. Calls
 * wait on the calling thread; transient faults are retried there with growing pauses.
 */
final class RestSchemaRegistry implements SchemaRegistry {

  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int MAX_ANSWER_BYTES = 1 << 20;
  private static final int SCHEMA_NOT_FOUND = 40403;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RegistryConfig config;
  private final String base;
  private final HttpClient client;

  RestSchemaRegistry(RegistryConfig config) {
    this.config = config;
    this.base = config.url().toString().replaceAll("/+$", "");
    this.client = HttpClient.newBuilder().connectTimeout(config.timeout()).build();
  }

  @Override
  public Schema schema(int id) throws RejectedException, IOException {
    HttpRequest request = request("/schemas/ids/" + Integer.toUnsignedString(id)).GET().build();
    Answer answer = call(request);
    // Any other 404 speaks of a wrong address, not of the record.
    if (answer.status == 404 && answer.body.path("error_code").asInt() == SCHEMA_NOT_FOUND) {
      throw new RejectedException(
          RejectionReason.UNKNOWN_SCHEMA, "the registry knows no schema of id " + id);
    }
    return parse(id, expectOk(request, answer));
  }

  @Override
  public int register(String subject, Schema schema) throws IOException {
    String body = JSON.createObjectNode().put("schema", schema.toString()).toString();
    String path = URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
    HttpRequest request =
        request("/subjects/" + path + "/versions").POST(BodyPublishers.ofString(body)).build();
    JsonNode id = expectOk(request, call(request)).path("id");
    if (!id.isInt()) {
      throw unavailable(request, "expected an id, found none", null);
    }
    return id.intValue();
  }

  private static Schema parse(int id, JsonNode body) throws RejectedException {
    String type = body.path("schemaType").asText("AVRO");
    if (!type.equals("AVRO") || !body.path("references").isEmpty()) {
      throw incompatible(id, "expected one of Avro without references, found " + type, null);
    }
    try {
      return new Schema.Parser().setValidateDefaults(false).parse(body.path("schema").asText());
    } catch (AvroRuntimeException e) {
      throw incompatible(id, e.getMessage(), e);
    }
  }

  private static RejectedException incompatible(
      int id, @Nullable String problem, @Nullable Throwable cause) {
    RejectedException fault =
        new RejectedException(
            RejectionReason.INCOMPATIBLE_SCHEMA, "schema of id " + id + ": " + problem);
    fault.initCause(cause);
    return fault;
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Accept", CONTENT_TYPE)
            .header("Content-Type", CONTENT_TYPE);
    if (config.basicAuth() != null) {
      byte[] credentials = config.basicAuth().getBytes(StandardCharsets.UTF_8);
      request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
    }
    return request;
  }

  private static JsonNode expectOk(HttpRequest request, Answer answer)
      throws RegistryUnavailableException {
    if (answer.status != 200) {
      throw unavailable(request, "expected status 200, found " + answer.describe(), null);
    }
    return answer.body;
  }

  private Answer call(HttpRequest request) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        Answer answer = exchange(request);
        if (!answer.isTransient() || attempt == config.attempts()) {
          return answer;
        }
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        if (attempt == config.attempts()) {
          throw unavailable(request, "no answer in " + attempt + " attempts, last " + e, e);
        }
      }
      pause(attempt);
    }
  }

  private Answer exchange(HttpRequest request) throws IOException {
    CompletableFuture<HttpResponse<byte[]>> pending =
        client.sendAsync(request, head -> new LimitedBody(MAX_ANSWER_BYTES));
    try {
      HttpResponse<byte[]> response =
          pending.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
      return Answer.of(response.statusCode(), response.body());
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + config.timeout(), e);
    } finally {
      pending.cancel(true);
    }
  }

  private void pause(int attempt) throws InterruptedIOException {
    try {
      TimeUnit.MILLISECONDS.sleep(config.backoff().toMillis() << Math.min(attempt - 1, 10));
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while waiting for the schema registry");
  }

  private static RegistryUnavailableException unavailable(
      HttpRequest request, String problem, @Nullable Throwable cause) {
    return new RegistryUnavailableException(
        "schema registry: " + request.method() + " " + request.uri() + ": " + problem, cause);
  }

  private record Answer(int status, JsonNode body) {

    static Answer of(int status, byte[] body) throws IOException {
      try {
        return new Answer(status, JSON.readTree(body));
      } catch (JacksonException e) {
        if (status == 200) {
          throw new IOException("expected JSON: " + e.getOriginalMessage(), e);
        }
        return new Answer(status, JSON.missingNode());
      }
    }

    boolean isTransient() {
      return status == 408 || status == 429 || status >= 500;
    }

    String describe() {
      String message = body.path("message").asText();
      return message.isEmpty()
          ? String.valueOf(status)
          : status + ": " + message.substring(0, Math.min(message.length(), 300));
    }
  }
}
