package dev.reslora.pipeline.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xnio.channels.StreamSinkChannel;

/** Clients that stall, over real sockets. */
class PatienceTest {

  private static final int MORE_THAN_BUFFERS = 64 << 20;

  private final Patience patience = new Patience(Duration.ofMillis(200));
  private final CompletableFuture<String> ended = new CompletableFuture<>();
  private Undertow server = start(exchange -> {});

  private Undertow start(HttpHandler handler) {
    Undertow started =
        patience.server(
            "127.0.0.1",
            0,
            exchange -> {
              exchange.addExchangeCompleteListener(
                  (done, next) -> {
                    ended.complete("ended");
                    next.proceed();
                  });
              handler.handleRequest(exchange);
            });
    started.start();
    return started;
  }

  private void serve(HttpHandler handler) {
    server.stop();
    server = start(handler);
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  private int port() {
    return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
  }

  private Socket send(String method, int length) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    String head =
        "%s / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n".formatted(method, length);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  void cutsARequestThatComesByteByByte() throws Exception {
    serve(exchange -> exchange.getRequestReceiver().receiveFullBytes((same, body) -> {}));
    try (Socket socket = send("POST", 100)) {
      socket.setSoTimeout(50);
      assertThat(isCutWhileItWrites(socket)).isTrue();
      assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
  }

  /** A byte each 50 ms, fewer than the request is to have. */
  private static boolean isCutWhileItWrites(Socket socket) throws IOException {
    for (int i = 0; i < 90; i++) {
      try {
        socket.getOutputStream().write(' ');
        if (socket.getInputStream().read() == -1) {
          return true;
        }
      } catch (SocketTimeoutException e) {
        // It is not cut yet.
      } catch (SocketException e) {
        return true;
      }
    }
    return false;
  }

  @Test
  void cutsAClientThatTakesNothingOfAnAnswer() throws Exception {
    serve(exchange -> exchange.getResponseSender().send(ByteBuffer.allocate(MORE_THAN_BUFFERS)));
    try (Socket socket = send("GET", 0)) {
      assertThat(socket.isConnected()).isTrue();
      assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
  }

  @Test
  void endsAStreamThatNobodyTakes() throws Exception {
    CompletableFuture<String> failure = new CompletableFuture<>();
    serve(exchange -> exchange.dispatch(() -> failure.complete(fill(exchange))));
    try (Socket socket = send("GET", 0)) {
      assertThat(socket.isConnected()).isTrue();
      assertThat(failure.get(60, TimeUnit.SECONDS)).isEqualTo("the client took nothing for 200 ms");
      assertThat(ended.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
  }

  private String fill(HttpServerExchange exchange) {
    StreamSinkChannel stream = exchange.getResponseChannel();
    try {
      patience.send(stream, ByteBuffer.allocate(MORE_THAN_BUFFERS));
      return "it was taken";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } finally {
      Patience.cut(exchange);
    }
  }

  @Test
  void waitsForAnswersAndForPiecesOfAStreamThatTakeLong() throws Exception {
    serve(
        exchange ->
            exchange
                .getRequestReceiver()
                .receiveFullString((same, body) -> same.dispatch(() -> answer(same, body))));
    HttpClient client = HttpClient.newHttpClient();
    for (String body : new String[] {"stream", "whole", "stream"}) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port()))
              .POST(BodyPublishers.ofString(body))
              .build();
      assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("ab");
    }
  }

  /** Both parts take longer than the server waits for clients. */
  private void answer(HttpServerExchange exchange, String how) {
    work();
    if (how.equals("whole")) {
      exchange.getResponseSender().send("ab");
      return;
    }
    StreamSinkChannel stream = exchange.getResponseChannel();
    try {
      patience.send(stream, ByteBuffer.wrap(new byte[] {'a'}));
      work();
      patience.send(stream, ByteBuffer.wrap(new byte[] {'b'}));
      patience.end(stream);
    } catch (IOException e) {
      Patience.cut(exchange);
    }
  }

  private void work() {
    new CompletableFuture<String>()
        .completeOnTimeout("done", 2 * patience.limit().toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
