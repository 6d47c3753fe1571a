package dev.reslora.schema;

import static dev.reslora.schema.Faults.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RestSchemaRegistryTest {

  private static final Schema STRING = Schema.create(Schema.Type.STRING);

  private InMemoryRegistry server;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryRegistry.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void registersUnderAnEscapedSubjectAndFetchesById() throws Exception {
    RestSchemaRegistry registry = new RestSchemaRegistry(server.config());

    int id = registry.register("a b/c-value", STRING);

    assertThat(registry.schema(id)).isEqualTo(STRING);
    assertThat(server.requests())
        .containsExactly("POST /subjects/a%20b%2Fc-value/versions", "GET /schemas/ids/1");
  }

  @Test
  void asksForIdsBeyondTheSignedRange() {
    RestSchemaRegistry registry = new RestSchemaRegistry(server.config());

    assertThat(reasonOf(() -> registry.schema(-1))).isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    assertThat(server.requests()).containsExactly("GET /schemas/ids/4294967295");
  }

  @Test
  void triesAgainAfterATransientFault() throws Exception {
    for (int status : new int[] {408, 429, 500, 503}) {
      server.fail(2, status);

      assertThat(new RestSchemaRegistry(server.config()).register("s", STRING)).isOne();
    }
    assertThat(server.requests()).hasSize(4 * 3);
  }

  @Test
  void givesUpAfterTheConfiguredAttempts() {
    server.fail(100, 500);

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("GET " + server.url() + "/schemas/ids/1")
        .hasMessageContaining("500: planted fault");
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void aRefusalIsNotTriedAgain() {
    server.fail(100, 409);

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).register("s", STRING))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("409");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aWrongAddressIsNoFaultOfTheRecord() {
    URI wrong = URI.create(server.url() + "/wrong");

    assertThatThrownBy(() -> new RestSchemaRegistry(RegistryConfig.of(wrong)).schema(1))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("404");
  }

  @Test
  void sendsBasicAuthAndNeverPrintsIt() throws Exception {
    String expected =
        Base64.getEncoder().encodeToString("me:secret".getBytes(StandardCharsets.UTF_8));
    server.requireAuthorization("Basic " + expected);
    RegistryConfig config = server.config().withBasicAuth("me:secret");

    assertThat(new RestSchemaRegistry(config).register("s", STRING)).isOne();
    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .hasMessageContaining("401");
    assertThat(config.toString()).doesNotContain("secret");
  }

  @Test
  void refusesAnOversizedAnswer() {
    server.answerAlways("{\"schema\":\"" + "x".repeat(2_000_000) + "\"}");

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("larger than");
  }

  @Test
  void refusesAnAnswerThatIsNoJson() {
    server.answerAlways("<html>");

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("expected JSON");
  }

  @Test
  void refusesASchemaOfAnotherKindOrWithReferences() {
    server.answerAlways("{\"schemaType\":\"JSON\",\"schema\":\"{}\"}");
    assertThat(reasonOf(() -> new RestSchemaRegistry(server.config()).schema(1)))
        .isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);

    server.answerAlways("{\"schema\":\"\\\"string\\\"\",\"references\":[{\"name\":\"a\"}]}");
    assertThat(reasonOf(() -> new RestSchemaRegistry(server.config()).schema(1)))
        .isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);
  }

  @Test
  void aServerThatNeverAnswersIsUnavailable() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      URI url = URI.create("http://localhost:" + silent.getLocalPort());
      Duration shortly = Duration.ofMillis(200);
      RegistryConfig config = new RegistryConfig(url, null, shortly, 2, Duration.ZERO, shortly);

      assertThatThrownBy(() -> new RestSchemaRegistry(config).schema(1))
          .isInstanceOf(RegistryUnavailableException.class)
          .hasMessageContaining("2 attempts");
    }
  }

  @Test
  void aClosedPortIsUnavailable() {
    server.close();

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .isInstanceOf(RegistryUnavailableException.class);
  }

  @Test
  void stopsWaitingWhenInterrupted() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> new RestSchemaRegistry(server.config()).schema(1))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void configurationNamesWhatIsWrong() {
    assertThatThrownBy(() -> RegistryConfig.of(URI.create("registry:8081")))
        .hasMessageContaining("registry url: expected http(s)://");
    assertThatThrownBy(() -> server.config().withBasicAuth("secret"))
        .hasMessageContaining("user:password")
        .hasMessageNotContaining("secret");
  }
}
