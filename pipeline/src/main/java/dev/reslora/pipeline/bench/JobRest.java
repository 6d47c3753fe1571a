package dev.reslora.pipeline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Flink's REST interface of the one job on a port: asks for checkpoints, and about them. */
final class JobRest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI root;

  JobRest(int port) {
    this.root = URI.create("http://127.0.0.1:" + port);
  }

  /**
   * Checkpoints so far.
   *
   * @param millis of the latest, from trigger to completion
   * @param bytes of the latest: all state that it refers to
   */
  record Checkpoints(long completed, long failed, long millis, long bytes) {}

  Checkpoints checkpoints() throws IOException, InterruptedException {
    JsonNode answer = get(job() + "/checkpoints");
    JsonNode latest = answer.path("latest").path("completed");
    return new Checkpoints(
        answer.path("counts").path("completed").asLong(),
        answer.path("counts").path("failed").asLong(),
        latest.path("end_to_end_duration").asLong(),
        latest.path("state_size").asLong());
  }

  /** Asks for a checkpoint as the job is configured to make them; does not wait for it. */
  void triggerCheckpoint() throws IOException, InterruptedException {
    answer(
        HttpRequest.newBuilder(root.resolve(job() + "/checkpoints"))
            .POST(BodyPublishers.ofString("{\"checkpointType\":\"CONFIGURED\"}"))
            .header("Content-Type", "application/json"));
  }

  private String job() throws IOException, InterruptedException {
    return "/jobs/" + get("/jobs").path("jobs").path(0).path("id").asText();
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return answer(HttpRequest.newBuilder(root.resolve(path)));
  }

  private JsonNode answer(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(response.uri() + " answered " + response.body());
    }
    return JSON.readTree(response.body());
  }
}
