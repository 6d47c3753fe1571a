package dev.reslora.pipeline.local;

import dev.reslora.pipeline.FlinkSettings;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.ResLoraTopology;
import dev.reslora.schema.RootCause;
import java.net.BindException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.jspecify.annotations.Nullable;

/**
 * The job on a MiniCluster in this process, with Flink's web UI, which knows no passwords: it
 * answers this machine alone and takes no jars, unless {@code flink.*} options say otherwise.
 * Closing stops it.
 */
public final class LocalJob implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";
  private static final long POLL_MILLIS = 1_000;
  private static final long STOP_SECONDS = 60;

  private final JobClient client;
  private final URI web;
  private final CompletableFuture<?> end;

  private LocalJob(JobClient client, URI web) {
    this.client = client;
    this.web = web;
    this.end = client.getJobExecutionResult();
  }

  /**
   * Starts the job; its MiniCluster ends with it.
   *
   * @param webPort port of the web UI; 0 for any free one
   * @param from a checkpoint or savepoint to go on from; a later checkpoint replaces and deletes it
   * @throws BindException when something else listens on the port
   */
  public static LocalJob start(JobConfig config, int webPort, Optional<String> from)
      throws Exception {
    Configuration flink = FlinkSettings.of(config);
    flink.set(RestOptions.PORT, webPort);
    if (!flink.contains(RestOptions.BIND_ADDRESS)) {
      flink.set(RestOptions.BIND_ADDRESS, LOOPBACK);
    }
    if (!flink.contains(WebOptions.SUBMIT_ENABLE)) {
      flink.set(WebOptions.SUBMIT_ENABLE, false);
    }
    flink.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(1));
    from.ifPresent(path -> FlinkSettings.restore(flink, path));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(flink);
    ResLoraTopology.build(environment, config);
    return new LocalJob(
        submit(environment, config.name(), webPort),
        URI.create("http://" + LOOPBACK + ":" + webPort));
  }

  private static JobClient submit(StreamExecutionEnvironment environment, String name, int webPort)
      throws Exception {
    try {
      return environment.executeAsync(name);
    } catch (Exception e) {
      if (ExceptionUtils.findThrowable(e, BindException.class).isPresent()) {
        BindException taken = new BindException("something else listens on port " + webPort);
        taken.initCause(e);
        throw taken;
      }
      throw e;
    }
  }

  /** The job's id. */
  public String id() {
    return client.getJobID().toHexString();
  }

  URI web() {
    return web;
  }

  CheckpointWatch checkpoints() {
    return new CheckpointWatch(web, id(), Clock.systemUTC());
  }

  /** Why the job ended, if it did; it never does by itself. */
  public Optional<String> ended() {
    if (!end.isDone()) {
      return Optional.empty();
    }
    try {
      end.join();
      return Optional.of("it finished");
    } catch (RuntimeException e) {
      return Optional.of(RootCause.of(e).toString());
    }
  }

  /**
   * Stops the job when this process is told to end.
   *
   * @param savepoints where to leave a savepoint, or null to leave the last checkpoint
   */
  public void stopOnShutdown(@Nullable String savepoints) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(savepoints), "stop-job"));
  }

  /** Waits for the end, looking up once a second. Returns when the job was stopped. */
  public void await(Runnable everySecond) throws Exception {
    while (true) {
      try {
        end.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        everySecond.run();
      } catch (ExecutionException e) {
        if (ExceptionUtils.findThrowable(e, JobCancellationException.class).isPresent()) {
          return;
        }
        throw e;
      }
    }
  }

  /** Stops the job; returns its savepoint, which lies in this directory. */
  public String stopWithSavepoint(String savepoints)
      throws ExecutionException, TimeoutException, InterruptedException {
    return ended(client.stopWithSavepoint(false, savepoints, SavepointFormatType.CANONICAL));
  }

  private <T> T ended(CompletableFuture<T> stopping)
      throws ExecutionException, TimeoutException, InterruptedException {
    T answer = stopping.get(STOP_SECONDS, TimeUnit.SECONDS);
    end.handle((result, failure) -> result).get(STOP_SECONDS, TimeUnit.SECONDS);
    return answer;
  }

  private void stop(@Nullable String savepoints) {
    if (end.isDone()) {
      return;
    }
    try {
      if (savepoints == null) {
        ended(client.cancel());
      } else {
        stopWithSavepoint(savepoints);
      }
    } catch (ExecutionException | TimeoutException e) {
      System.err.println("the job did not stop cleanly, its last checkpoint is good: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop(null);
  }
}
