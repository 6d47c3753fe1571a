package dev.reslora.pipeline;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A session cluster that the job is submitted to, through its REST address.
 *
 * @param address of the JobManager's REST endpoint
 * @param jar the job jar; it travels with the job
 */
public record ClusterJob(InetSocketAddress address, Path jar) {

  /**
   * Submits the job.
   *
   * @param from a checkpoint or savepoint to go on from
   * @return the job's id
   */
  public String submit(JobConfig config, Optional<String> from) throws Exception {
    Configuration flink = FlinkSettings.of(config);
    from.ifPresent(path -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createRemoteEnvironment(
            address.getHostString(), address.getPort(), flink, jar.toString());
    ResLoraTopology.build(environment, config);
    return environment.executeAsync(config.name()).getJobID().toHexString();
  }
}
