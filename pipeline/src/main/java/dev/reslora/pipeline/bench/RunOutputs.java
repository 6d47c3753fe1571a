package dev.reslora.pipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.bench.ChaosFeed.Kind;
import dev.reslora.pipeline.local.TopicReader;
import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.ChainVerifier;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a run left on its topics, as a reader of committed records finds it: each step, version and
 * dead letter once. A repetition is a violation under exactly-once; under idempotent it has to be
 * the same bytes.
 */
final class RunOutputs {

  private final Delivery delivery;
  private final SortedMap<String, List<SnapshotManifest>> versions = new TreeMap<>();
  private final SortedMap<String, SortedMap<Long, StepReport>> steps = new TreeMap<>();
  private final SortedMap<String, Set<AdapterEvent>> events = new TreeMap<>();
  private final SortedMap<String, RejectedRecord> deadLetters = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private long repeats;

  private RunOutputs(Delivery delivery) {
    this.delivery = delivery;
  }

  /** Reads what is committed now. */
  static RunOutputs read(String bootstrapServers, JobConfig.Topics topics, Delivery delivery)
      throws IOException {
    return of(
        delivery,
        TopicReader.readAll(bootstrapServers, topics.snapshots()),
        TopicReader.readAll(bootstrapServers, topics.metrics()),
        TopicReader.readAll(bootstrapServers, topics.rejected()));
  }

  /** What these records are. */
  static RunOutputs of(
      Delivery delivery,
      List<ConsumerRecord<String, byte[]>> snapshots,
      List<ConsumerRecord<String, byte[]>> metrics,
      List<ConsumerRecord<String, byte[]>> rejected)
      throws IOException {
    RunOutputs outputs = new RunOutputs(delivery);
    outputs.readVersions(snapshots);
    outputs.readMetrics(metrics);
    outputs.readDeadLetters(rejected);
    return outputs;
  }

  private void readVersions(List<ConsumerRecord<String, byte[]>> records) throws IOException {
    ChainVerifier verifier =
        new ChainVerifier(WireConfig.SINGLE_OBJECT, SnapshotAssembler.DEFAULT_MAX_BYTES, false);
    SnapshotAssembler assembler =
        new SnapshotAssembler(
            WireConfig.SINGLE_OBJECT, SnapshotAssembler.DEFAULT_MAX_BYTES, new Collecting());
    long manifests = 0;
    for (ConsumerRecord<String, byte[]> record : records) {
      byte[] key = record.key().getBytes(UTF_8);
      verifier.accept(place(record), key, record.value());
      assembler.accept(key, record.value());
      manifests += record.value() != null && record.key().matches("[^#]+#[0-9]+") ? 1 : 0;
    }
    verifier
        .finish()
        .ifPresent(
            broken ->
                violations.add(
                    "%s: adapter %s, version %d: %s"
                        .formatted(
                            broken.place(),
                            broken.adapterId(),
                            broken.version(),
                            broken.message())));
    repeated("version", manifests - verifier.versions());
  }

  /** The verifier reports what is refused. */
  private final class Collecting implements SnapshotListener {

    @Override
    public void published(PublishedVersion version) {
      versions
          .computeIfAbsent(version.adapterId(), id -> new ArrayList<>())
          .add(version.manifest());
    }

    @Override
    public void refused(RefusedVersion version) {}
  }

  private void readMetrics(List<ConsumerRecord<String, byte[]>> records) throws IOException {
    AvroDecoder<SpecificRecordBase> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(StepReport.class, AdapterEvent.class));
    for (ConsumerRecord<String, byte[]> record : records) {
      SpecificRecordBase metric = decode(decoder, record);
      if (metric instanceof StepReport report) {
        Map<Long, StepReport> known =
            steps.computeIfAbsent(report.getAdapterId(), id -> new TreeMap<>());
        keep(record, "step", report, known.putIfAbsent(report.getStep(), report));
      } else if (metric instanceof AdapterEvent event) {
        events.computeIfAbsent(event.getAdapterId(), id -> new LinkedHashSet<>()).add(event);
      }
    }
  }

  private void readDeadLetters(List<ConsumerRecord<String, byte[]>> records) throws IOException {
    AvroDecoder<RejectedRecord> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(RejectedRecord.class));
    for (ConsumerRecord<String, byte[]> record : records) {
      RejectedRecord letter = decode(decoder, record);
      String origin = letter.getPartition() + "@" + letter.getOffset();
      keep(record, "dead letter", letter, deadLetters.putIfAbsent(origin, letter));
    }
  }

  private <T extends SpecificRecordBase> void keep(
      ConsumerRecord<String, byte[]> record, String what, T found, @Nullable T known) {
    if (known == null) {
      return;
    }
    repeated(what, 1);
    if (!known.equals(found)) {
      violations.add(place(record) + ": a " + what + " came again with other content: " + found);
    }
  }

  private void repeated(String what, long times) {
    repeats += times;
    if (times > 0 && delivery == Delivery.EXACTLY_ONCE) {
      violations.add("a " + what + " was committed again " + times + " times under exactly-once");
    }
  }

  private static <T extends SpecificRecordBase> T decode(
      AvroDecoder<T> decoder, ConsumerRecord<String, byte[]> record) throws IOException {
    try {
      return decoder.decode(record.value());
    } catch (RejectedException e) {
      throw new IOException(place(record) + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String place(ConsumerRecord<String, byte[]> record) {
    return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
  }

  /** An adapter's versions, in order. */
  List<SnapshotManifest> versions(String adapterId) {
    return versions.getOrDefault(adapterId, List.of());
  }

  long versions() {
    return versions.values().stream().mapToLong(List::size).sum();
  }

  /** An adapter's steps, in order. */
  List<StepReport> steps(String adapterId) {
    return List.copyOf(steps.getOrDefault(adapterId, new TreeMap<>()).values());
  }

  /** An adapter's different events, in order. */
  List<AdapterEvent> events(String adapterId) {
    return List.copyOf(events.getOrDefault(adapterId, Set.of()));
  }

  /** Dead letters by partition@offset of the record refused. */
  SortedMap<String, RejectedRecord> deadLetters() {
    return deadLetters;
  }

  /** Records that came again. */
  long repeats() {
    return repeats;
  }

  /** Examples in the steps. */
  long trained() {
    return steps.values().stream()
        .flatMap(each -> each.values().stream())
        .mapToLong(StepReport::getExamples)
        .sum();
  }

  /** Whether everything that is to come of these records is there. */
  boolean complete(List<ChaosFeed.Sent> sent) {
    return trained() == sent.stream().filter(each -> each.kind() == Kind.TRAINED).count()
        && deadLetters.size() == sent.stream().filter(each -> each.kind().refused()).count()
        && ChaosFeed.ADAPTERS.stream().allMatch(this::hasLastVersion);
  }

  private boolean hasLastVersion(String adapterId) {
    List<SnapshotManifest> all = versions(adapterId);
    return !all.isEmpty()
        && all.get(all.size() - 1).getTrigger().equals("command:" + ChaosFeed.END);
  }

  /** What the topics themselves show to be wrong. */
  List<String> violations() {
    return violations;
  }
}
