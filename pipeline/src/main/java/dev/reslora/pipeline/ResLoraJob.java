package dev.reslora.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * Main class of the job jar, for {@code flink run} and application clusters: {@code --config FILE}
 * and {@code --set KEY=VALUE}, any number of times. Everything is checked before a job is made,
 * topics and rights on Kafka too.
 *
 * <p>{@code --resume} goes on from the newest complete checkpoint in {@code
 * reslora.checkpoint.directory}, unless Flink names another. It is for an application cluster
 * without high availability: a JobManager that is started again runs this class again, and nothing
 * else would tell it of its state.
 */
public final class ResLoraJob {

  private ResLoraJob() {}

  /** What the command line says. */
  record Arguments(JobConfig config, boolean resume) {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = arguments(args);
    JobConfig config = arguments.config();
    KafkaCheck.require(config);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.of(config));
    if (arguments.resume()) {
      environment.configure(
          resumption(environment.getConfiguration(), config.checkpoint().directory()));
    }
    ResLoraTopology.build(environment, config);
    environment.execute(config.name());
  }

  /** What to restore, as Flink's settings; empty where Flink knows or there is nothing. */
  static Configuration resumption(ReadableConfig flink, String checkpoints) throws IOException {
    Configuration resumption = new Configuration();
    if (flink.getOptional(StateRecoveryOptions.SAVEPOINT_PATH).isEmpty()) {
      CheckpointHistory.newest(checkpoints)
          .ifPresent(path -> FlinkSettings.restore(resumption, path));
    }
    return resumption;
  }

  static Arguments arguments(String[] args) {
    @Nullable Path file = null;
    boolean resume = false;
    List<String> words = new ArrayList<>();
    Iterator<String> rest = List.of(args).iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      switch (name) {
        case "--config" -> file = Path.of(value(name, rest));
        case "--set" -> words.add(value(name, rest));
        case "--resume" -> resume = true;
        default -> throw unexpected(name);
      }
    }
    return new Arguments(ConfigSource.load(file, words), resume);
  }

  private static String value(String name, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw unexpected(name + " without a value");
    }
    return rest.next();
  }

  private static InvalidConfigException unexpected(String found) {
    return new InvalidConfigException(
        List.of("arguments: expected --config FILE, --set KEY=VALUE or --resume, found " + found));
  }
}
