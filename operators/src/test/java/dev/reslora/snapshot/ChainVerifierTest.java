package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ChainVerifierTest {

  private final List<Snapshot> chain = TestSnapshots.smallChain("mail", 2, 2, 1);

  private static ChainVerifier verify(boolean compacted, List<ServingRecord> records)
      throws IOException {
    ChainVerifier verifier = new ChainVerifier(WireConfig.SINGLE_OBJECT, 10_000, compacted);
    for (int i = 0; i < records.size(); i++) {
      verifier.accept("topic-0@" + i, records.get(i).key(), records.get(i).value());
    }
    return verifier;
  }

  private static void assertViolation(List<ServingRecord> records, String place, String message)
      throws IOException {
    assertThat(verify(false, records).finish())
        .hasValueSatisfying(
            violation -> {
              assertThat(violation.place()).isEqualTo(place);
              assertThat(violation.message()).startsWith(message);
              assertThat(violation.adapterId()).isEqualTo("mail");
            });
  }

  /** Three versions in eight records: c0 c1 m, c0 c1 m, c0 m. */
  private List<ServingRecord> records() {
    List<ServingRecord> records = new ArrayList<>();
    records.addAll(TestSnapshots.smallRecords(chain.get(0)));
    records.addAll(TestSnapshots.smallRecords(chain.get(1)));
    records.addAll(TestSnapshots.smallRecords(chain.get(2)));
    return records;
  }

  private List<ServingRecord> without(Integer... places) {
    List<ServingRecord> records = records();
    records.removeAll(Arrays.stream(places).map(records::get).toList());
    return records;
  }

  @Test
  void findsASoundTopicSound() throws IOException {
    ChainVerifier verifier = verify(false, records());
    assertThat(verifier.finish()).isEmpty();
    assertThat(verifier.versions()).isEqualTo(3);
    assertThat(verifier.adapters()).isEqualTo(1);
  }

  @Test
  void takesAVersionSaidAgainWordForWord() throws IOException {
    List<ServingRecord> records = records();
    records.addAll(records());
    assertThat(verify(false, records).finish()).isEmpty();
  }

  @Test
  void findsADroppedVersion() throws IOException {
    assertViolation(without(3, 4, 5), "topic-0@4", "expected version 2");
  }

  @Test
  void findsAMissingChunk() throws IOException {
    assertViolation(without(4), "topic-0@4", "MISSING_CHUNK: ");
  }

  @Test
  void findsAFlippedByte() throws IOException {
    List<ServingRecord> records = records();
    ServingRecord chunk = records.get(4);
    byte[] value = Objects.requireNonNull(chunk.value()).clone();
    value[value.length - 1] ^= 1;
    records.set(4, new ServingRecord(chunk.key(), value, 0, "chunk", 2));
    assertViolation(records, "topic-0@5", "WRONG_DIGEST: file weights.bin");
  }

  @Test
  void findsASecondVersionOfTheSameNumber() throws IOException {
    List<ServingRecord> records = records();
    records.addAll(6, changed(chain.get(1), builder -> builder.setTrigger("other")));
    assertViolation(records, "topic-0@8", "FORK: version 2 is known");
  }

  @Test
  void findsAForkedParent() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.addAll(changed(chain.get(2), builder -> builder.setParentDigest("a".repeat(64))));
    assertViolation(records, "topic-0@7", "FORK: version 2 has digest");
  }

  @Test
  void findsAGapOfOneOffset() throws IOException {
    List<ServingRecord> records = without(6, 7);
    OffsetRange range = new OffsetRange("training-examples", 0, 3L, 4L);
    records.addAll(changed(chain.get(2), builder -> builder.setOffsets(List.of(range))));
    assertViolation(
        records, "topic-0@7", "offsets of training-examples-0 must go on at 2, found 3");
  }

  @Test
  void findsExamplesThatDoNotAddUp() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.addAll(changed(chain.get(2), builder -> builder.setExamplesTrained(2)));
    assertViolation(records, "topic-0@7", "totalExamples must be 2 + 2, found 3");
  }

  @Test
  void findsAnotherBaseModelInTheChain() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.addAll(changed(chain.get(2), builder -> builder.setBaseModelDigest("other")));
    assertViolation(records, "topic-0@7", "baseModelDigest is another than the parent's");
  }

  @Test
  void findsATopicThatEndsWithinAVersion() throws IOException {
    assertViolation(without(7), "end of the topic", "its last chunks have no manifest");
  }

  @Test
  void forgivesWhatCompactionLeavesOnlyWhenToldOfIt() throws IOException {
    List<ServingRecord> left = without(0, 1, 3);
    assertThat(verify(true, left).finish()).isEmpty();
    assertViolation(left, "topic-0@0", "NO_CHUNKS: ");
  }

  @Test
  void demandsTheNewestVersionWholeThoughTheTopicWasCompacted() throws IOException {
    assertThat(verify(true, without(0, 1, 3, 6)).finish())
        .hasValueSatisfying(violation -> assertThat(violation.version()).isEqualTo(3));
  }

  private ServingRecord announcement(long version, String digest) throws IOException {
    return new AnnouncementWriter(WireConfig.SINGLE_OBJECT, "model-snapshots")
        .write(
            new SnapshotAnnouncement(
                "mail", version, digest, false, Instant.ofEpochMilli(1), "a test"));
  }

  @Test
  void takesAnAnnouncementOfAVersionThatIsThere() throws IOException {
    List<ServingRecord> records = records();
    records.add(6, announcement(1, chain.get(0).manifest().getDigest()));
    assertThat(verify(false, records).finish()).isEmpty();
  }

  @Test
  void findsAnAnnouncementOfAVersionThatIsNotThere() throws IOException {
    List<ServingRecord> records = records();
    records.add(3, announcement(2, chain.get(1).manifest().getDigest()));
    assertViolation(records, "topic-0@3", "announced with digest ");
    records.set(3, announcement(1, "a".repeat(64)));
    assertViolation(records, "topic-0@3", "announced with digest aaaa");
    records.set(3, tombstone(ServingKey.ofManifest("mail", 1)));
    records.add(announcement(1, chain.get(0).manifest().getDigest()));
    assertViolation(records, "topic-0@9", "announced with digest ");
  }

  @Test
  void takesRetiredVersionsAsCompactionLeavesThem() throws IOException {
    List<ServingRecord> left = without(0, 2);
    left.add(tombstone(ServingKey.ofManifest("mail", 1)));
    left.add(tombstone(ServingKey.ofChunk("mail", 1, 1)));
    assertThat(verify(true, left).finish()).isEmpty();
  }

  /** Version 3, whose trainer began anew, after versions 1 and 2 were deleted. */
  private List<ServingRecord> begunAnew(long totalExamples, long from) {
    OffsetRange range = new OffsetRange("training-examples", 0, from, from + 1);
    return changed(
        chain.get(2),
        builder -> builder.setTotalExamples(totalExamples).setOffsets(List.of(range)).setStep(0));
  }

  @Test
  void takesAnAdapterThatBeginsAnewAfterItWasDeleted() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.add(tombstone(ServingKey.ofAdapter("mail")));
    records.add(tombstone(ServingKey.ofManifest("mail", 2)));
    records.addAll(begunAnew(1, 9));
    ChainVerifier verifier = verify(false, records);
    assertThat(verifier.finish()).isEmpty();
    assertThat(verifier.versions()).isEqualTo(3);
  }

  @Test
  void findsAnAdapterThatWasDeletedAndGoesOn() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.add(tombstone(ServingKey.ofAdapter("mail")));
    List<ServingRecord> counted = new ArrayList<>(records);
    counted.addAll(begunAnew(3, 9));
    assertViolation(counted, "topic-0@8", "totalExamples must be 0 + 1, found 3");
    records.addAll(begunAnew(1, 1));
    assertViolation(
        records,
        "topic-0@8",
        "offsets of training-examples-0 must begin from 2 on, where the adapter was deleted");
  }

  @Test
  void takesADeletionThatIsSaidAgainWithWhatWasBeforeOrAfterIt() throws IOException {
    List<ServingRecord> records = without(6, 7);
    ServingRecord deletion = tombstone(ServingKey.ofAdapter("mail"));
    records.add(deletion);
    records.addAll(records().subList(3, 6));
    records.add(deletion);
    records.addAll(begunAnew(1, 9));
    records.addAll(records().subList(0, 6));
    records.add(deletion);
    records.addAll(begunAnew(1, 9));
    assertThat(verify(false, records).finish()).isEmpty();
  }

  @Test
  void findsMoreRecordsThanOffsetsWhereLabelsComeLater() throws IOException {
    List<ServingRecord> records = without(6, 7);
    records.addAll(
        changed(
            chain.get(2),
            builder ->
                builder
                    .setExamplesWaiting(1)
                    .setLabelsJoined(1)
                    .setOffsets(List.of(new OffsetRange("training-examples", 0, 2L, 5L)))));
    assertThat(verify(false, records).finish()).isEmpty();
    records = without(6, 7);
    records.addAll(
        changed(chain.get(2), builder -> builder.setExamplesWaiting(1).setLabelsJoined(1)));
    assertViolation(
        records,
        "topic-0@7",
        "1 trained, 0 skipped, 1 labels and 1 waiting after 0 before must be at most 1 records");
  }

  private static ServingRecord tombstone(ServingKey key) {
    return new ServingRecord(key.bytes(), null, 0, "tombstone", 1);
  }

  @Test
  void looksAtTheAdaptersThatAreWanted() throws IOException {
    ChainVerifier verifier = verify(false, without(4));
    assertThat(verifier.finish("news"::equals)).isEmpty();
    assertThat(verifier.finish("mail"::equals)).isPresent();
  }

  @Test
  void namesARecordThatBelongsToNoAdapter() throws IOException {
    ChainVerifier verifier = verify(false, List.of());
    verifier.accept("topic-0@9", "#".getBytes(StandardCharsets.UTF_8), null);
    assertThat(verifier.finish())
        .hasValueSatisfying(violation -> assertThat(violation.place()).isEqualTo("topic-0@9"));
  }

  /** A version's records with a manifest that says something else, under its right digest. */
  private static List<ServingRecord> changed(
      Snapshot version, UnaryOperator<SnapshotManifest.Builder> change) {
    SnapshotManifest manifest =
        change.apply(SnapshotManifest.newBuilder(version.manifest())).setDigest("").build();
    manifest.setDigest(ManifestDigest.of(manifest));
    return TestSnapshots.smallRecords(new Snapshot(manifest, version.payload()));
  }
}
