package dev.reslora.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What {@code deploy/docs/operations.md} says about Kafka with security. */
public final class DocumentedRights {

  private static final Path PAGE = Path.of("..", "deploy", "docs", "operations.md");

  private static final Pattern ROW =
      Pattern.compile(
          "\\| ([^|]+) \\| (topic|group|transactional ids with prefix) `([^`]+)`[^|]* \\|"
              + " (Read|Write) \\|");

  private DocumentedRights() {}

  /** A row of the table of ACLs. */
  public record Row(String who, ResourcePattern resource, AclOperation operation) {}

  /** Rows that name one resource, whose first column begins so. */
  public static List<Row> of(String who) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && row.group(1).startsWith(who)) {
        rows.add(
            new Row(
                row.group(1),
                resource(row.group(2), row.group(3)),
                AclOperation.valueOf(row.group(4).toUpperCase(Locale.ROOT))));
      }
    }
    return rows;
  }

  private static ResourcePattern resource(String type, String name) {
    return switch (type) {
      case "topic" -> new ResourcePattern(ResourceType.TOPIC, name, PatternType.LITERAL);
      case "group" -> new ResourcePattern(ResourceType.GROUP, name, PatternType.LITERAL);
      default -> new ResourcePattern(ResourceType.TRANSACTIONAL_ID, name, PatternType.PREFIXED);
    };
  }

  /** The job's Kafka properties, as YAML. */
  public static String properties() throws IOException {
    String page = Files.readString(PAGE);
    String fence = "```yaml\n";
    int begin = page.indexOf(fence, page.indexOf("## Security")) + fence.length();
    return page.substring(begin, page.indexOf("```", begin));
  }
}
