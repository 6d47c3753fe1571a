package dev.reslora.pipeline;

import dev.reslora.pipeline.ResLoraOptions.Documented;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.util.TimeUtils;

/** The options as Markdown; {@code deploy/docs/options.md} is what this prints. */
public final class OptionsTable {

  private static final String HEAD =
      """
      # Options

      Printed by `deploy/reslora options`. Options come from a YAML file (`--config FILE`, nested or
      dotted keys) and from `--set KEY=VALUE` on the command line, which wins. Durations are written
      as `10 s` or `5 min`, memory sizes as `512 mb`. Lists are YAML lists, or texts separated by `;`.

      Two families of keys are handed on: `reslora.kafka.properties.*` to every Kafka client (security,
      buffers, compression), and `flink.*` to Flink (`flink.taskmanager.numberOfTaskSlots`).
      """;

  private OptionsTable() {}

  /** The whole page. */
  public static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    String group = "";
    for (Documented documented : ResLoraOptions.documented()) {
      String next = group(documented.option().key());
      if (!next.equals(group)) {
        group = next;
        page.append("\n## ").append(group).append("\n\n");
        page.append("| option | type | default | meaning |\n|---|---|---|---|\n");
      }
      page.append(row(documented));
    }
    return page.toString();
  }

  private static String group(String key) {
    String rest = key.substring(ResLoraOptions.PREFIX.length());
    return rest.substring(0, rest.indexOf('.'));
  }

  private static String row(Documented documented) {
    ConfigOption<?> option = documented.option();
    String byDefault = option.hasDefaultValue() ? text(option.defaultValue()) : "";
    return "| `%s` | %s | %s | %s |%n"
        .formatted(
            option.key(),
            documented.type(),
            byDefault.isEmpty() ? "" : "`" + byDefault + "`",
            new HtmlFormatter().format(option.description()))
        .replace(System.lineSeparator(), "\n");
  }

  /** A value as it would be written in a configuration. */
  static String text(Object value) {
    if (value instanceof Duration duration) {
      return TimeUtils.formatWithHighestUnit(duration);
    }
    if (value instanceof MemorySize size) {
      return size.toString();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Object::toString).collect(Collectors.joining(";"));
    }
    return value.toString();
  }
}
