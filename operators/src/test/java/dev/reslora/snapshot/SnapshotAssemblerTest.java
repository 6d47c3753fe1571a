package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotAssemblerTest {

  @TempDir Path directory;

  private final List<PublishedVersion> published = new ArrayList<>();
  private final List<RefusedVersion> refused = new ArrayList<>();
  private final List<SnapshotAnnouncement> announced = new ArrayList<>();
  private final List<String> retired = new ArrayList<>();
  private final SnapshotListener listener =
      new SnapshotListener() {
        @Override
        public void published(PublishedVersion version) {
          published.add(version);
        }

        @Override
        public void refused(RefusedVersion refusal) {
          refused.add(refusal);
        }

        @Override
        public void announced(SnapshotAnnouncement announcement) {
          announced.add(announcement);
        }

        @Override
        public void retired(String adapterId, long version) {
          retired.add(adapterId + " " + version);
        }

        @Override
        public void retired(String adapterId) {
          retired.add(adapterId);
        }
      };
  private SnapshotAssembler assembler =
      new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 10_000_000, listener);

  private final List<Snapshot> chain = TestSnapshots.chain("mail", 2_500_000, 1_500_000, 100);
  private final List<ServingRecord> first = TestSnapshots.records(chain.get(0));
  private final List<ServingRecord> second = TestSnapshots.records(chain.get(1));
  private final List<ServingRecord> third = TestSnapshots.records(chain.get(2));

  private void feed(List<ServingRecord> records) throws IOException {
    for (ServingRecord record : records) {
      assembler.accept(record.key(), record.value());
    }
  }

  private void feed(ServingRecord... records) throws IOException {
    feed(Arrays.asList(records));
  }

  private static byte[] value(ServingRecord record) {
    return Objects.requireNonNull(record.value());
  }

  private void assertRefused(Refusal... reasons) {
    assertThat(refused).extracting(RefusedVersion::reason).containsExactly(reasons);
  }

  @Test
  void handsOutVersionsWholeAndInOrder() throws IOException {
    feed(first);
    feed(second);
    feed(third);
    assertThat(published).extracting(PublishedVersion::version).containsExactly(1L, 2L, 3L);
    assertThat(published)
        .extracting(PublishedVersion::continuity)
        .containsExactly(Continuity.GENESIS, Continuity.CHAINED, Continuity.CHAINED);
    for (int i = 0; i < 3; i++) {
      assertThat(published.get(i).files().get("weights.bin")).isEqualTo(chain.get(i).payload());
    }
    assertThat(refused).isEmpty();
    assertThat(assembler.unfinished()).isEmpty();
  }

  @Test
  void keepsAdaptersApartThoughTheirRecordsMix() throws IOException {
    List<ServingRecord> other =
        TestSnapshots.records(TestSnapshots.chain("news", 2_200_000).get(0));
    for (int i = 0; i < 4; i++) {
      feed(first.get(i), other.get(i));
    }
    assertThat(published).extracting(PublishedVersion::adapterId).containsExactly("mail", "news");
  }

  @Test
  void opensTheAdapterInItsFiles() throws IOException {
    feed(TestSnapshots.records(ChainHead.NONE.next(TestSnapshots.candidate("mail", 0L, 5L))));
    assertThat(published.get(0).adapter().factors()).hasSize(2);
  }

  @Test
  void dropsARepetitionQuietly() throws IOException {
    feed(first);
    feed(second);
    feed(first);
    feed(second);
    feed(third);
    assertThat(published).extracting(PublishedVersion::version).containsExactly(1L, 2L, 3L);
    assertThat(refused).isEmpty();
  }

  @Test
  void beginsAgainWithAWriterThatBeginsAgain() throws IOException {
    feed(first.get(0), first.get(1));
    feed(first);
    assertThat(published).hasSize(1);
    assertThat(refused).isEmpty();
  }

  @Test
  void startsWhereCompactionLeftTheTopic() throws IOException {
    feed(first.get(2), first.get(3));
    feed(second);
    feed(third);
    assertRefused(Refusal.MISSING_CHUNK);
    assertThat(published)
        .extracting(PublishedVersion::continuity)
        .containsExactly(Continuity.GAP, Continuity.CHAINED);
  }

  @Test
  void goesOnAfterAVersionThatWasRefused() throws IOException {
    feed(first);
    feed(second.get(1), second.get(2));
    feed(third);
    assertRefused(Refusal.MISSING_CHUNK);
    assertThat(published)
        .extracting(PublishedVersion::continuity)
        .containsExactly(Continuity.GENESIS, Continuity.GAP);
  }

  @Test
  void refusesAVersionWithoutItsLastChunk() throws IOException {
    feed(first.get(0), first.get(1), first.get(3));
    assertRefused(Refusal.MISSING_CHUNK);
    assertThat(refused.get(0).message()).isEqualTo("the manifest says 3 chunks, found 2");
  }

  @Test
  void refusesAVersionWithoutAChunkInTheMiddle() throws IOException {
    feed(first.get(0), first.get(2), first.get(3));
    assertRefused(Refusal.MISSING_CHUNK);
    assertThat(refused.get(0).message()).isEqualTo("expected chunk 1, found chunk 2");
  }

  @Test
  void refusesAChunkThatComesTwice() throws IOException {
    feed(first.get(0), first.get(1), first.get(1), first.get(2), first.get(3));
    assertRefused(Refusal.OUT_OF_ORDER);
  }

  @Test
  void refusesAManifestWithoutChunks() throws IOException {
    feed(first.get(3));
    assertRefused(Refusal.NO_CHUNKS);
    feed(first.get(3));
    assertRefused(Refusal.NO_CHUNKS, Refusal.NO_CHUNKS);
  }

  @Test
  void refusesBothOfTwoVersionsAmongEachOther() throws IOException {
    feed(first.get(0), second.get(0), first.get(1), second.get(1), first.get(2));
    feed(first.get(3), second.get(2));
    assertRefused(Refusal.INTERLEAVED, Refusal.INTERLEAVED);
    assertThat(published).isEmpty();
  }

  @Test
  void refusesAManifestAmongAnotherVersionsChunks() throws IOException {
    feed(second.get(0), first.get(3), second.get(1), second.get(2));
    assertRefused(Refusal.INTERLEAVED, Refusal.INTERLEAVED);
  }

  @Test
  void refusesAFlippedByteInTheMiddleOfAFile() throws IOException {
    byte[] damaged = value(first.get(1)).clone();
    damaged[500_000] ^= 1;
    assembler.accept(first.get(0).key(), first.get(0).value());
    assembler.accept(first.get(1).key(), damaged);
    feed(first.get(2), first.get(3));
    assertRefused(Refusal.WRONG_DIGEST);
    assertThat(refused.get(0).message()).contains("weights.bin");
  }

  @Test
  void refusesAChunkCutShort() throws IOException {
    byte[] cut = Arrays.copyOf(value(first.get(2)), 1_000);
    assembler.accept(first.get(0).key(), first.get(0).value());
    assembler.accept(first.get(1).key(), first.get(1).value());
    assembler.accept(first.get(2).key(), cut);
    feed(first.get(3));
    assertRefused(Refusal.MALFORMED);
    assertThat(refused.get(0).message()).startsWith("chunk 2: ");
  }

  @Test
  void refusesAManifestThatWasChanged() throws IOException {
    SnapshotManifest changed =
        SnapshotManifest.newBuilder(chain.get(0).manifest()).setStep(1_000).build();
    feed(first.subList(0, 3));
    feed(TestSnapshots.records(new Snapshot(changed, chain.get(0).payload())).get(3));
    assertRefused(Refusal.WRONG_DIGEST);
    assertThat(refused.get(0).message()).startsWith("the manifest's digest is ");
  }

  @Test
  void refusesSizesThatDoNotAddUp() throws IOException {
    SnapshotManifest.Builder changed = SnapshotManifest.newBuilder(chain.get(0).manifest());
    changed.setPayloadSize(2_499_999);
    feed(first.subList(0, 3));
    feed(manifest(changed));
    assertRefused(Refusal.MALFORMED);
  }

  @Test
  void refusesAFileNameThatLeavesItsDirectory() throws IOException {
    for (String name : List.of("../escape", "a/b", "", ".", "..", "-rf", "a\nb")) {
      SnapshotManifest.Builder changed = SnapshotManifest.newBuilder(chain.get(0).manifest());
      changed.getFiles().get(0).setName(name);
      feed(first.subList(0, 3));
      feed(manifest(changed));
    }
    assertThat(refused).hasSize(7).allMatch(refusal -> refusal.reason() == Refusal.MALFORMED);
  }

  /** A manifest whose digest is right, whatever it says. */
  private static ServingRecord manifest(SnapshotManifest.Builder builder) {
    SnapshotManifest manifest = builder.setDigest("").build();
    manifest.setDigest(ManifestDigest.of(manifest));
    List<ServingRecord> records =
        TestSnapshots.records(new Snapshot(manifest, new byte[5_000_000]));
    return records.get(records.size() - 1);
  }

  @Test
  void refusesChunksOfAnotherLengthThanTheManifestSays() throws IOException {
    List<ServingRecord> longer =
        TestSnapshots.records(TestSnapshots.chain("mail", 2_500_001).get(0));
    feed(longer.subList(0, 3));
    feed(first.get(3));
    assertRefused(Refusal.WRONG_SIZE);
  }

  @Test
  void refusesAVersionBeyondTheLimitBeforeHoldingIt() throws IOException {
    assembler = new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 2_000_000, listener);
    feed(first);
    assertRefused(Refusal.TOO_LARGE);
    feed(second);
    assertThat(published).extracting(PublishedVersion::version).containsExactly(2L);
  }

  @Test
  void refusesAnotherChildOfTheSameParent() throws IOException {
    ChainHead head = ChainHead.of(chain.get(0).manifest());
    Snapshot twin = head.next(TestSnapshots.candidate("mail", 77L, 10));
    feed(first);
    feed(second);
    feed(TestSnapshots.records(twin));
    assertRefused(Refusal.FORK);
    assertThat(refused.get(0).message()).startsWith("version 2 is known with digest ");
  }

  @Test
  void refusesAChildOfAnotherParent() throws IOException {
    Snapshot stranger =
        new ChainHead(1, "d".repeat(64), List.of()).next(TestSnapshots.candidate("mail", 77L, 10));
    feed(first);
    feed(TestSnapshots.records(stranger));
    assertRefused(Refusal.FORK);
    feed(second);
    assertThat(published).extracting(PublishedVersion::version).containsExactly(1L, 2L);
  }

  @Test
  void refusesAnOlderVersionThatItNeverHad() throws IOException {
    feed(second);
    feed(first);
    assertRefused(Refusal.STALE);
  }

  @Test
  void refusesRecordsThatAreNotWhatTheirKeySays() throws IOException {
    assembler.accept(null, first.get(0).value());
    assembler.accept(key("mail#x"), first.get(0).value());
    assembler.accept(key("news#1"), first.get(3).value());
    assembler.accept(key("mail#2"), first.get(3).value());
    assembler.accept(key("mail#1"), first.get(0).value());
    assembler.accept(key("mail#1"), new byte[0]);
    assembler.accept(key("mail"), first.get(3).value());
    assembler.accept(key("mail#2#0"), first.get(0).value());
    feed(first.get(3));
    assembler.accept(key("mail#1#1"), first.get(0).value());
    feed(first.get(3));
    assertThat(refused).hasSize(9).allMatch(refusal -> refusal.reason() == Refusal.MALFORMED);
  }

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void saysWhichVersionsTombstonesRetired() throws IOException {
    feed(TestSnapshots.records(chain.get(0)));
    feed(TestSnapshots.records(chain.get(1), 3));
    assertThat(retired).containsExactly("mail 1");
    assertThat(published).hasSize(2);
    assertThat(refused).isEmpty();
  }

  @Test
  void handsOnWhatIsAnnounced() throws IOException {
    SnapshotAnnouncement announcement =
        new SnapshotAnnouncement(
            "mail",
            1L,
            chain.get(0).manifest().getDigest(),
            true,
            Instant.ofEpochMilli(5),
            "version 2 is wrong");
    ServingRecord record =
        new AnnouncementWriter(WireConfig.SINGLE_OBJECT, "snapshots").write(announcement);
    feed(first);
    feed(record);
    assertThat(announced).containsExactly(announcement);
    assertThat(record.partitionHash()).isEqualTo(first.get(0).partitionHash());
    assertThat(record.attributes()).containsEntry("ce_type", "dev.reslora.snapshot.announced");
    assembler.accept(key("news"), record.value());
    assertRefused(Refusal.MALFORMED);
    assertThat(refused.get(0).message()).isEqualTo("the announcement is of adapter mail");
  }

  @Test
  void followsAManifestToItsPayload() throws IOException {
    Snapshot stored = stored();
    feed(TestSnapshots.records(stored));
    assertThat(published.get(0).files().get("weights.bin")).isEqualTo(stored.payload());
    assertThat(refused).isEmpty();
  }

  @Test
  void refusesAPayloadThatIsNotAsTheManifestSays() throws IOException {
    Snapshot stored = stored();
    byte[] flipped = stored.payload().clone();
    flipped[700] ^= 1;
    Files.write(payload(), flipped);
    feed(TestSnapshots.records(stored));
    Files.write(payload(), Arrays.copyOf(flipped, 999));
    feed(TestSnapshots.records(stored));
    Files.write(payload(), Arrays.copyOf(flipped, 5_000));
    feed(TestSnapshots.records(stored));
    Files.delete(payload());
    feed(TestSnapshots.records(stored));
    assertRefused(Refusal.WRONG_DIGEST, Refusal.WRONG_SIZE, Refusal.WRONG_SIZE, Refusal.NO_PAYLOAD);
    Snapshot elsewhere =
        ChainHead.NONE.next(TestSnapshots.candidate("mail", 1L, 1_000), "s3://bucket/x");
    feed(TestSnapshots.records(elsewhere));
    assertThat(refused.get(4).message()).contains("this reader knows the scheme file only");
    Snapshot relative = ChainHead.NONE.next(TestSnapshots.candidate("mail", 1L, 1_000), "x/y");
    feed(TestSnapshots.records(relative));
    assertThat(refused.get(5).message()).isEqualTo("dataref must be an absolute URI, found 'x/y'");
  }

  @Test
  void mayBeGivenARecordAgainWhileTheStoreDoesNotAnswer() throws IOException {
    Snapshot stored = stored();
    List<IOException> faults = new ArrayList<>(List.of(new IOException("503")));
    PayloadSource flaky =
        (dataref, size) -> {
          if (!faults.isEmpty()) {
            throw faults.remove(0);
          }
          return PayloadSource.LOCAL.read(dataref, size);
        };
    assembler = new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 10_000_000, flaky, listener);
    assertThatIOException()
        .isThrownBy(() -> feed(TestSnapshots.records(stored)))
        .withMessage("503");
    feed(TestSnapshots.records(stored));
    assertThat(published).hasSize(1);
    assertThat(refused).isEmpty();
  }

  /** A version of 1,000 bytes beside the topic. */
  private Snapshot stored() throws IOException {
    Snapshot stored =
        ChainHead.NONE.next(
            TestSnapshots.candidate("mail", 1L, 1_000), payload().toUri().toString());
    Files.write(payload(), stored.payload());
    assertThat(TestSnapshots.records(stored)).hasSize(1);
    return stored;
  }

  private Path payload() {
    return directory.resolve("mail v1");
  }

  @Test
  void forgetsAnAdapterThatWasRetired() throws IOException {
    feed(first);
    assembler.accept("mail".getBytes(StandardCharsets.UTF_8), null);
    feed(first);
    assertThat(retired).containsExactly("mail");
    assertThat(published).hasSize(2);
  }

  @Test
  void namesAdaptersWhoseTopicEndsWithinAVersion() throws IOException {
    feed(first.subList(0, 2));
    assertThat(assembler.unfinished()).containsExactly("mail");
  }

  @Test
  void handsOutNothingButWhatWasPublishedFromTenThousandDamagedStreams() throws IOException {
    Map<String, byte[]> truth = new HashMap<>();
    List<ServingRecord> whole = new ArrayList<>();
    for (String adapter : List.of("a", "b")) {
      for (Snapshot version : TestSnapshots.smallChain(adapter, 5, 3, 4, 1)) {
        truth.put(adapter + version.manifest().getVersion(), version.payload());
        whole.addAll(TestSnapshots.smallRecords(version));
      }
    }
    assembler = new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 1_000, listener);
    Random random = new Random(5);
    int seen = 0;
    for (int i = 0; i < 10_000; i++) {
      published.clear();
      assembler.accept(new byte[] {'a'}, null);
      assembler.accept(new byte[] {'b'}, null);
      feed(damaged(whole, random));
      for (PublishedVersion version : published) {
        byte[] expected = truth.get(version.adapterId() + version.version());
        assertThat(Arrays.equals(version.files().get("weights.bin"), expected)).isTrue();
      }
      seen += published.size();
      refused.clear();
    }
    // Damage must leave something to hand out, or this proves nothing.
    assertThat(seen).isGreaterThan(10_000);
  }

  private static List<ServingRecord> damaged(List<ServingRecord> whole, Random random) {
    List<ServingRecord> records = new ArrayList<>(whole);
    for (int faults = 1 + random.nextInt(4); faults > 0; faults--) {
      int at = random.nextInt(records.size());
      switch (random.nextInt(5)) {
        case 0 -> records.remove(at);
        case 1 -> records.add(random.nextInt(records.size()), records.get(at));
        case 2 -> Collections.swap(records, at, random.nextInt(records.size()));
        case 3 -> records.set(at, flipped(records.get(at), random));
        default ->
            Collections.shuffle(records.subList(at, Math.min(records.size(), at + 6)), random);
      }
    }
    return records;
  }

  private static ServingRecord flipped(ServingRecord record, Random random) {
    if (record.value() == null) {
      return record;
    }
    byte[] value = record.value().clone();
    value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
    return new ServingRecord(
        record.key(), value, record.partitionHash(), record.type(), record.version());
  }
}
