package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;

/** Ends an exchange with JSON. */
final class Responses {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Responses() {}

  static void json(HttpServerExchange exchange, int status, Object body) {
    send(exchange, status, "application/json", body);
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

  private static byte[] bytes(Object body) {
    try {
      return MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("answers are records of plain values", e);
    }
  }
}
