package dev.reslora.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * Main class of the job jar, for {@code flink run} and application clusters: {@code --config FILE}
 * and {@code --set KEY=VALUE}, any number of times. Everything is checked before a job is made,
 * topics and rights on Kafka too.
 */
public final class ResLoraJob {

  private ResLoraJob() {}

  public static void main(String[] args) throws Exception {
    JobConfig config = configuration(args);
    KafkaCheck.require(config);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.of(config));
    ResLoraTopology.build(environment, config);
    environment.execute(config.name());
  }

  static JobConfig configuration(String[] args) {
    @Nullable Path file = null;
    List<String> words = new ArrayList<>();
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw unexpected(args[i] + " without a value");
      }
      switch (args[i]) {
        case "--config" -> file = Path.of(args[i + 1]);
        case "--set" -> words.add(args[i + 1]);
        default -> throw unexpected(args[i]);
      }
    }
    return ConfigSource.load(file, words);
  }

  private static InvalidConfigException unexpected(String found) {
    return new InvalidConfigException(
        List.of("arguments: expected --config FILE or --set KEY=VALUE, found " + found));
  }
}
