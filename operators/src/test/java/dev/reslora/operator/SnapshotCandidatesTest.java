package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.TestSnapshots;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotCandidatesTest {

  @Test
  void saysWhereACandidateComesFromAndLeavesItsNumberOpen() {
    SnapshotCandidates candidates =
        new SnapshotCandidates("minilm", "base", "0.1.0", Shortcut.MIDDLE);
    OffsetRange range = new OffsetRange("training-examples", 2, 10L, 42L);
    MergeFidelity fidelity = new MergeFidelity("least-squares", 8, 99, 0.01, 0.99, 0.0, 0.1);
    LayerFidelity layer = new LayerFidelity("encoder.layer.0.q", 0.1, 0.8, 0.9);
    Snapshot candidate =
        candidates.from(
            "mail",
            new SnapshotDue(
                TestSnapshots.adapter(1),
                fidelity,
                List.of(layer),
                7,
                56,
                30,
                2,
                4,
                3,
                List.of(range),
                1_234,
                "steps",
                "config"));
    SnapshotManifest manifest = candidate.manifest();
    assertThat(manifest.getVersion()).isZero();
    assertThat(manifest.getDigest()).isEmpty();
    assertThat(manifest.getLayers()).containsExactly(layer);
    assertThat(manifest.getConfigDigest()).isEqualTo("config");
    assertThat(manifest.getShortcut()).isEqualTo("middle");
    assertThat(manifest.getLabels()).containsExactly("ham", "spam");
    assertThat(manifest.getOffsets()).containsExactly(range);
    assertThat(manifest.getFidelity()).isEqualTo(fidelity);
    assertThat(manifest.getEventTime()).isEqualTo(Instant.ofEpochMilli(1_234));
    assertThat(manifest.getExamplesSkipped()).isEqualTo(2);
    assertThat(manifest.getLabelsJoined()).isEqualTo(4);
    assertThat(manifest.getExamplesWaiting()).isEqualTo(3);
    assertThat(manifest.getFiles()).hasSize(4);
    assertThat(manifest.getPayloadSize()).isEqualTo(candidate.payload().length);
  }
}
