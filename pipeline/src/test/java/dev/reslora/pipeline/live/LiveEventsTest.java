package dev.reslora.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.http.Patience;
import io.undertow.Undertow;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Readers over real sockets; every look finds a change. */
class LiveEventsTest {

  private static final int MORE_THAN_BUFFERS = 32 << 20;

  private final AtomicLong changes = new AtomicLong();
  private final CompletableFuture<String> closed = new CompletableFuture<>();
  private final Patience patience = new Patience(Duration.ofSeconds(1));
  private final LiveEvents events =
      LiveEvents.start(
          changes::incrementAndGet,
          adapter -> adapter == null ? "short" : "x".repeat(MORE_THAN_BUFFERS),
          patience);
  private final Undertow server =
      patience.server(
          "127.0.0.1",
          0,
          exchange -> {
            exchange.getConnection().addCloseListener(ended -> closed.complete("closed"));
            events.handler().handleRequest(exchange);
          });

  LiveEventsTest() {
    server.start();
  }

  @AfterEach
  void stop() {
    events.close();
    server.stop();
  }

  private int port() {
    return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
  }

  @Test
  void sendsAReaderAwayThatTakesNothing() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      String request = "GET /?adapter=mail HTTP/1.1\r\nHost: a\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      assertThat(closed.get(60, TimeUnit.SECONDS)).isEqualTo("closed");
    }
  }

  @Test
  void keepsAReaderThatTakesWhatComes() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/")).build();
    try (Stream<String> lines =
        HttpClient.newHttpClient().send(request, BodyHandlers.ofLines()).body()) {
      assertThat(lines.filter("data:short"::equals).limit(5)).hasSize(5);
    }
  }
}
