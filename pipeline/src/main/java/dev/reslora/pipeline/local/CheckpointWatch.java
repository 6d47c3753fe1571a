package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;

/** Asks Flink's REST interface about a job's checkpoints. */
final class CheckpointWatch {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final HttpRequest request;
  private final Clock clock;
  private CheckpointFigures figures = CheckpointFigures.NONE;

  CheckpointWatch(URI web, String jobId, Clock clock) {
    this.request =
        HttpRequest.newBuilder(web.resolve("/jobs/" + jobId + "/checkpoints"))
            .timeout(TIMEOUT)
            .build();
    this.clock = clock;
  }

  /** The figures now; those of the last time when there is no answer. */
  CheckpointFigures look() throws InterruptedException {
    try {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() == 200) {
        figures = parse(response.body(), clock);
      }
    } catch (IOException e) {
      // Starting, or busy: the next look will tell.
    }
    return figures;
  }

  static CheckpointFigures parse(String body, Clock clock) throws IOException {
    JsonNode root = JSON.readTree(body);
    JsonNode counts = root.path("counts");
    JsonNode latest = root.path("latest").path("completed");
    long acknowledged = latest.path("latest_ack_timestamp").asLong();
    return new CheckpointFigures(
        counts.path("completed").asLong(),
        counts.path("failed").asLong(),
        acknowledged <= 0
            ? Duration.ZERO
            : Duration.ofMillis(Math.max(0, clock.millis() - acknowledged)),
        latest.path("state_size").asLong());
  }
}
