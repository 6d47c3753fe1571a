package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.SnapshotManifest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainHeadTest {

  @Test
  void numbersVersionsFromOneAndBindsEachToItsParent() {
    List<Snapshot> chain = TestSnapshots.chain("mail", 10, 20, 30);
    assertThat(chain)
        .extracting(version -> version.manifest().getVersion())
        .containsExactly(1L, 2L, 3L);
    assertThat(chain.get(0).manifest().getParentDigest()).isEmpty();
    assertThat(chain.get(1).manifest().getParentDigest())
        .isEqualTo(chain.get(0).manifest().getDigest())
        .hasSize(64);
    assertThat(chain.get(2).manifest().getParentDigest())
        .isEqualTo(chain.get(1).manifest().getDigest());
  }

  @Test
  void givesTheSameVersionForTheSameCandidateAndParent() {
    Snapshot candidate = TestSnapshots.candidate("mail", 1, 3);
    assertThat(ChainHead.NONE.next(candidate).manifest())
        .isEqualTo(ChainHead.NONE.next(candidate).manifest());
  }

  @Test
  void changesTheDigestWithAnyField() {
    SnapshotManifest manifest = TestSnapshots.chain("mail", 10).get(0).manifest();
    assertThat(ManifestDigest.of(manifest)).isEqualTo(manifest.getDigest());
    SnapshotManifest other = SnapshotManifest.newBuilder(manifest).setStep(99).build();
    assertThat(ManifestDigest.of(other)).isNotEqualTo(manifest.getDigest());
  }

  /** Digests outlive releases: this one was recorded when the form was fixed. */
  @Test
  void keepsTheDigestOfARecordedManifest() {
    assertThat(TestSnapshots.chain("mail", 10).get(0).manifest().getDigest())
        .isEqualTo("e649bccbaaa295a8041665095e670d792bd84d2586f7b3fca3d0ca7d3c0b6393");
  }

  @Test
  void sendsChunksThenTombstonesThenTheManifest() {
    Snapshot version = TestSnapshots.chain("mail", 10, 2_500_000).get(1);
    List<ServingRecord> records = TestSnapshots.records(version, 2);
    assertThat(records)
        .extracting(record -> new String(record.key(), StandardCharsets.UTF_8))
        .containsExactly(
            "mail#2#0", "mail#2#1", "mail#2#2", "mail#1", "mail#1#0", "mail#1#1", "mail#2");
    assertThat(records)
        .extracting(ServingRecord::type)
        .containsExactly(
            "chunk", "chunk", "chunk", "tombstone", "tombstone", "tombstone", "manifest");
    assertThat(records.get(6).attributes())
        .containsEntry("ce_id", version.manifest().getDigest())
        .containsEntry("ce_specversion", "1.0")
        .containsEntry("ce_source", "/reslora/adapters/mail")
        .containsEntry("ce_subject", "mail")
        .containsEntry("ce_time", "1970-01-01T00:00:01.002Z")
        .doesNotContainKey("ce_dataref");
    assertThat(records)
        .extracting(ServingRecord::partitionHash)
        .containsOnly(records.get(0).partitionHash());
    assertThat(records)
        .allSatisfy(
            record ->
                assertThat(record.value() == null ? 0 : record.value().length)
                    .isLessThanOrEqualTo(1_001_000));
  }

  @Test
  void retiresTheOldestBeyondThoseThatAreRetained() {
    ChainHead head = ChainHead.NONE;
    for (Snapshot version : TestSnapshots.chain("mail", 1, 1, 1, 1)) {
      assertThat(head.retiredByNext(0)).isEmpty();
      head = head.then(version.manifest(), 3);
    }
    assertThat(head.version()).isEqualTo(4);
    assertThat(head.kept()).extracting(ChainHead.Kept::version).containsExactly(2L, 3L, 4L);
    assertThat(head.retiredByNext(3)).extracting(ChainHead.Kept::version).containsExactly(2L);
    assertThat(head.retiredByNext(1))
        .extracting(ChainHead.Kept::version)
        .containsExactly(2L, 3L, 4L);
    assertThat(head.then(TestSnapshots.chain("mail", 1).get(0).manifest(), 0).kept()).isEmpty();
  }

  @Test
  void sendsAnEmptyPayloadAsOneChunk() {
    assertThat(TestSnapshots.records(TestSnapshots.chain("mail", 0).get(0))).hasSize(2);
  }
}
