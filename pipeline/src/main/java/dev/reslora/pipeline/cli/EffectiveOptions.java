package dev.reslora.pipeline.cli;

import static java.util.regex.Pattern.CASE_INSENSITIVE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.reslora.pipeline.JobConfig;
import java.io.UncheckedIOException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

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

  private EffectiveOptions() {}

  static String yaml(JobConfig config) {
    SortedMap<String, String> shown = new TreeMap<>(config.effective());
    shown.replaceAll((key, value) -> SECRET.matcher(key).find() ? "***" : value);
    try {
      return YAML.writeValueAsString(shown);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
