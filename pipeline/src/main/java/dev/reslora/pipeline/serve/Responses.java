package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.reslora.schema.avro.SnapshotManifest;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends an exchange with JSON. */
final class Responses {

  private static final HttpString VERSION = new HttpString("X-Reslora-Version");
  private static final HttpString DIGEST = new HttpString("X-Reslora-Digest");

  private static final Logger LOG = LoggerFactory.getLogger(Responses.class);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Responses() {}

  static void json(HttpServerExchange exchange, Object body) {
    send(exchange, StatusCodes.OK, "application/json", body);
  }

  /** An answer by a version, which the headers name. */
  static void json(HttpServerExchange exchange, SnapshotManifest version, Object body) {
    name(exchange, version);
    json(exchange, body);
  }

  /** Puts the version that answers into the headers. */
  static void name(HttpServerExchange exchange, SnapshotManifest version) {
    exchange.getResponseHeaders().put(VERSION, version.getVersion());
    exchange.getResponseHeaders().put(DIGEST, version.getDigest());
  }

  /** Says that this server is at fault, and the log how. */
  static void failed(HttpServerExchange exchange, Throwable failure) {
    LOG.error("A request failed", failure);
    problem(exchange, StatusCodes.INTERNAL_SERVER_ERROR, "the model failed; see the server's log");
  }

  static void problem(HttpServerExchange exchange, int status, String detail) {
    send(exchange, status, "application/problem+json", Problem.of(status, detail));
  }

  private static void send(HttpServerExchange exchange, int status, String type, Object body) {
    if (exchange.isResponseStarted()) {
      return;
    }
    exchange.setStatusCode(status);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
    exchange.getResponseSender().send(ByteBuffer.wrap(bytes(body)));
  }

  static byte[] bytes(Object body) {
    try {
      return MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("answers are records of plain values", e);
    }
  }
}
