package dev.reslora.pipeline;

import java.util.ArrayList;
import java.util.List;

/**
 * What stands in a job's way on Kafka.
 *
 * @param bootstrapServers where it was asked
 * @param absent topics that are not there, sorted
 * @param refusals sentences that name the principal and what it may not do, or what else was
 *     refused
 */
public record KafkaFindings(String bootstrapServers, List<String> absent, List<String> refusals) {

  /** Whether nothing does. */
  public boolean none() {
    return absent.isEmpty() && refusals.isEmpty();
  }

  /** All of it in one sentence. */
  public String sentence() {
    List<String> parts = new ArrayList<>();
    if (!absent.isEmpty()) {
      parts.add("has no topic " + String.join(", ", absent));
    }
    parts.addAll(refusals);
    return "Kafka at " + bootstrapServers + ' ' + String.join("; ", parts);
  }
}
