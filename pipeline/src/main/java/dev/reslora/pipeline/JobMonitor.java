package dev.reslora.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** How a running job is doing, from Flink's REST interface. */
public final class JobMonitor {

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String METRIC = ResLoraTopology.TRAIN + ".trainer.";

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final String job;

  /**
   * Watches one job.
   *
   * @param rest Flink's REST address
   * @param jobId the job
   */
  public JobMonitor(InetSocketAddress rest, String jobId) {
    this.job = "http://%s:%d/jobs/%s".formatted(rest.getHostString(), rest.getPort(), jobId);
  }

  /**
   * What there is to tell.
   *
   * @param state Flink's word for it: RUNNING, RESTARTING, ...
   * @param checkpointAge since the last completed checkpoint; empty before the first
   */
  public record Figures(
      String state, long examples, long steps, double loss, Optional<Duration> checkpointAge) {

    /** All but the examples, for a line. */
    public String rest() {
      return "%,d steps, loss %.3f, checkpoint %s, %s"
          .formatted(
              steps,
              loss,
              checkpointAge.map(age -> age.toSeconds() + " s ago").orElse("none yet"),
              state.toLowerCase(Locale.ROOT));
    }
  }

  /** The figures of now, or nothing while Flink does not answer. */
  public Optional<Figures> figures() {
    try {
      JsonNode details = get("");
      String vertex = trainVertex(details);
      JsonNode metrics =
          get(
              "/vertices/%s/subtasks/metrics?get=%sexamples,%ssteps,%sloss"
                  .formatted(vertex, METRIC, METRIC, METRIC));
      JsonNode completed = get("/checkpoints").path("latest").path("completed");
      return Optional.of(
          new Figures(
              details.path("state").asText(),
              (long) metric(metrics, "examples", "sum"),
              (long) metric(metrics, "steps", "sum"),
              metric(metrics, "loss", "avg"),
              age(completed)));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<Duration> age(JsonNode completed) {
    return completed.has("latest_ack_timestamp")
        ? Optional.of(
            Duration.between(
                Instant.ofEpochMilli(completed.path("latest_ack_timestamp").asLong()),
                Instant.now()))
        : Optional.empty();
  }

  private static String trainVertex(JsonNode details) throws IOException {
    for (JsonNode vertex : details.path("vertices")) {
      if (vertex.path("name").asText().startsWith(ResLoraTopology.TRAIN)) {
        return vertex.path("id").asText();
      }
    }
    throw new IOException("the job has no stage " + ResLoraTopology.TRAIN);
  }

  private static double metric(JsonNode metrics, String name, String aggregate) {
    for (JsonNode metric : metrics) {
      if (metric.path("id").asText().equals(METRIC + name)) {
        return metric.path(aggregate).asDouble();
      }
    }
    return 0;
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(job + path)).timeout(PATIENCE).build();
    return JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
  }
}
