package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.SnapshotManifest;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestDigestTest {

  private final SnapshotManifest manifest =
      ChainHead.NONE.next(TestSnapshots.candidate("mail", 0L, 5L)).manifest();

  @Test
  void coversWhatLaterReleasesAdded() {
    String first = ManifestDigest.of(manifest);
    manifest.setDataref("file:/store/mail/v1");
    String stored = ManifestDigest.of(manifest);
    manifest.setLayers(List.of(new LayerFidelity("query", 0.1, null, null)));
    String both = ManifestDigest.of(manifest);
    assertThat(List.of(first, stored, both)).doesNotHaveDuplicates();
    manifest.getLayers().get(0).setError(0.2);
    assertThat(ManifestDigest.of(manifest)).isNotEqualTo(both);
    String second = ManifestDigest.of(manifest);
    manifest.setExamplesWaiting(3);
    assertThat(ManifestDigest.of(manifest)).isNotEqualTo(second);
    manifest.setExamplesWaiting(0);
    manifest.setLabelsJoined(3);
    assertThat(ManifestDigest.of(manifest)).isNotEqualTo(second);
  }

  /** Recorded when the second release was the newest; it must be found for ever. */
  @Test
  void keepsTheDigestOfAManifestOfTheSecondRelease() {
    manifest.setDataref("file:/store/mail/v1");
    assertThat(ManifestDigest.of(manifest))
        .isEqualTo("39d2428ecf2f0a9006e02e00084ca83429a13824b0cd7aa9f05bc059d3bec34c");
  }
}
