package dev.reslora.pipeline.local;

import dev.reslora.pipeline.FlinkSettings;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.ResLoraTopology;
import java.net.BindException;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The job on a Flink cluster in this process, with Flink's web interface. */
public final class MiniClusterJob implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 30;

  private final JobClient client;
  private final URI web;
  private final CompletableFuture<JobExecutionResult> result;

  private MiniClusterJob(JobClient client, URI web) {
    this.client = client;
    this.web = web;
    this.result = client.getJobExecutionResult();
  }

  /**
   * Starts cluster and job; returns when the job is submitted.
   *
   * @throws BindException when something else listens on the port
   */
  public static MiniClusterJob start(JobConfig config, int webPort) throws Exception {
    Configuration settings = FlinkSettings.of(config);
    settings.set(RestOptions.PORT, webPort);
    settings.set(RestOptions.BIND_PORT, Integer.toString(webPort));
    settings.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(settings);
    ResLoraTopology.build(environment, config);
    JobClient client = LocalJob.submit(environment, config.name(), webPort);
    return new MiniClusterJob(client, URI.create("http://127.0.0.1:" + webPort));
  }

  URI web() {
    return web;
  }

  CheckpointWatch checkpoints() {
    return new CheckpointWatch(web, client.getJobID().toHexString(), Clock.systemUTC());
  }

  /** Why the job ended, if it did; it never does by itself. */
  public Optional<String> ended() {
    if (!result.isDone()) {
      return Optional.empty();
    }
    try {
      result.join();
      return Optional.of("it finished");
    } catch (RuntimeException e) {
      return Optional.of(rootMessage(e));
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root.toString();
  }

  @Override
  public void close() {
    try {
      client.cancel().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      result.handle((done, e) -> true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // It ended before, or does not: the process's end is next in both cases.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
