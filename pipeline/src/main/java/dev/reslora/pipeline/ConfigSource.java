package dev.reslora.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.reslora.training.TrainerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings as flat text by key: from a YAML file with nested or dotted keys, then from {@code
 * key=value} words; the later source wins. Faults are collected beside the settings.
 */
public final class ConfigSource {

  private static final long MAX_FILE_BYTES = 1 << 20;
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  private final SortedMap<String, String> settings = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private boolean unread;

  /**
   * The configuration that the sources make together.
   *
   * @param file YAML, or null
   * @param words {@code key=value}
   * @throws InvalidConfigException with every problem of the sources and of the settings; of a file
   *     that cannot be read with this one, for what it sets is not known
   */
  public static JobConfig load(@Nullable Path file, List<String> words) {
    ConfigSource source = new ConfigSource();
    if (file != null) {
      source.addFile(file);
    }
    if (source.unread) {
      throw new InvalidConfigException(source.problems);
    }
    words.forEach(source::addWord);
    return JobConfigReader.read(source.settings, source.problems);
  }

  /**
   * How a trainer learns without a job around it, on a CPU: the job's own defaults and these words.
   *
   * @throws InvalidConfigException as {@link #load}
   */
  public static TrainerConfig trainer(List<String> words) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "reslora.kafka.bootstrap-servers=none:1",
                "reslora.checkpoint.directory=none",
                "reslora.model.device=cpu"));
    all.addAll(words);
    return load(null, all).train().trainer();
  }

  private void addFile(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        problems.add(
            file + ": expected at most 1 MiB of YAML, found " + Files.size(file) + " bytes");
        return;
      }
      JsonNode root = YAML.readTree(Files.readString(file));
      if (root.isObject()) {
        addObject("", root);
      } else if (!root.isMissingNode() && !root.isNull()) {
        problems.add(file + ": expected keys and values, found " + kind(root));
      }
    } catch (JsonProcessingException e) {
      problems.add(file + ": not YAML: " + e.getOriginalMessage() + place(e));
    } catch (NoSuchFileException e) {
      unread = true;
      problems.add(file + ": there is no such file");
    } catch (IOException e) {
      unread = true;
      problems.add(file + ": cannot be read: " + e);
    }
  }

  private static String place(JsonProcessingException e) {
    return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
  }

  private void addObject(String prefix, JsonNode object) {
    object.properties().forEach(entry -> add(prefix + entry.getKey(), entry.getValue()));
  }

  private void add(String key, JsonNode value) {
    if (value.isObject()) {
      addObject(key + ".", value);
    } else if (value.isArray()) {
      addList(key, value);
    } else if (value.isNull()) {
      problems.add(key + ": expected a value, found none");
    } else if (settings.put(key, value.asText()) != null) {
      problems.add(key + ": is set twice in the file");
    }
  }

  private void addList(String key, JsonNode list) {
    StringJoiner joined = new StringJoiner(";");
    for (JsonNode element : list) {
      if (!element.isValueNode() || element.isNull()) {
        problems.add(key + ": expected a list of plain values, found in it " + kind(element));
        return;
      }
      joined.add(element.asText());
    }
    settings.put(key, joined.toString());
  }

  private static String kind(JsonNode node) {
    return node.isArray()
        ? "a list"
        : node.isObject() ? "keys and values" : "'" + node.asText() + "'";
  }

  private void addWord(String word) {
    int equals = word.indexOf('=');
    if (equals < 1) {
      problems.add("expected key=value, found '" + word + "'");
    } else {
      settings.put(word.substring(0, equals).strip(), word.substring(equals + 1).strip());
    }
  }
}
