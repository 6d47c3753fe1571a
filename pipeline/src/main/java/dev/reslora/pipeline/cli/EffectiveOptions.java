package dev.reslora.pipeline.cli;

import static java.util.regex.Pattern.CASE_INSENSITIVE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.ResLoraOptions;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/**
 * Every option of a job with its value, as a file that {@code --config} reads again; secrets are
 * hidden.
 */
final class EffectiveOptions {

  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .build());

  private static final Pattern SECRET =
      Pattern.compile("password|secret|basic-auth|jaas|api-?key|credential", CASE_INSENSITIVE);

  /** Kafka's own word for them, PEM keys and certificates among others. */
  private static final Set<String> KAFKA_SECRETS =
      Stream.of(
              AdminClientConfig.configDef(), ConsumerConfig.configDef(), ProducerConfig.configDef())
          .flatMap(options -> options.configKeys().values().stream())
          .filter(option -> option.type == ConfigDef.Type.PASSWORD)
          .map(option -> ResLoraOptions.KAFKA_PROPERTIES + option.name)
          .collect(Collectors.toUnmodifiableSet());

  private EffectiveOptions() {}

  static String yaml(JobConfig config) {
    SortedMap<String, String> shown = new TreeMap<>(config.effective());
    shown.replaceAll((key, value) -> isSecret(key) ? "***" : value);
    try {
      return YAML.writeValueAsString(shown);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSecret(String key) {
    return KAFKA_SECRETS.contains(key) || SECRET.matcher(key).find();
  }
}
