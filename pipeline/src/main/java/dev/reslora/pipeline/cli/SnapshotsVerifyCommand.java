package dev.reslora.pipeline.cli;

import dev.reslora.serving.ServingTopic;
import dev.reslora.snapshot.ChainVerifier;
import dev.reslora.snapshot.ChainVerifier.Violation;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks a topic from its first record to its last. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Check every version, digest, chain, offset range and count on the topic.",
      "Exit code 1 and the first violation with its place when a rule is broken."
    })
final class SnapshotsVerifyCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Option(
      names = "--compacted",
      description =
          "The topic was compacted: older versions may be missing or in pieces, the newest may not.")
  boolean compacted;

  @Override
  public Integer call() {
    ServingTopic topic = options.servingTopic(kafka, wire);
    ChainVerifier verifier =
        new ChainVerifier(topic.wire(), topic.maxBytes(), topic.store(), compacted);
    long records =
        new TopicScan(topic, options.timeout(), spec.commandLine().getErr())
            .records(
                record ->
                    verifier.accept(
                        "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset()),
                        record.key(),
                        record.value()));
    Optional<Violation> violation = verifier.finish(options::wants);
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        options.json
            ? ManifestJson.text(json(records, verifier, violation))
            : text(records, verifier, violation));
    out.flush();
    return violation.isEmpty() ? 0 : 1;
  }

  private String text(long records, ChainVerifier verifier, Optional<Violation> violation) {
    return violation
        .map(
            broken ->
                "%s: adapter %s, version %d: %s"
                    .formatted(
                        broken.place(), broken.adapterId(), broken.version(), broken.message()))
        .orElseGet(
            () ->
                "%s is sound: %,d versions of %,d %s in %,d records"
                    .formatted(
                        options.topic,
                        verifier.versions(),
                        verifier.adapters(),
                        verifier.adapters() == 1 ? "adapter" : "adapters",
                        records));
  }

  private Map<String, Object> json(
      long records, ChainVerifier verifier, Optional<Violation> violation) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", options.topic);
    json.put("records", records);
    json.put("adapters", verifier.adapters());
    json.put("versions", verifier.versions());
    json.put("sound", violation.isEmpty());
    violation.ifPresent(broken -> json.put("violation", broken));
    return json;
  }
}
