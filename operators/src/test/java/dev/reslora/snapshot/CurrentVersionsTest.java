package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CurrentVersionsTest {

  private final CurrentVersions current = new CurrentVersions();
  private final List<Snapshot> chain = TestSnapshots.chain("mail", 1, 1, 1, 1);

  private void publish(int version) {
    current.published(
        new PublishedVersion(
            chain.get(version - 1).manifest(),
            new TreeMap<>(),
            Continuity.CHAINED,
            Transit.UNKNOWN));
  }

  private void announce(long version, boolean pinned) {
    current.announced(
        new SnapshotAnnouncement("mail", version, "d", pinned, Instant.EPOCH, "a test"));
  }

  private long now() {
    return current.version("mail");
  }

  @Test
  void isTheNewestUntilAnotherIsAnnouncedAndAgainWithTheNext() {
    assertThat(now()).isZero();
    publish(1);
    publish(2);
    assertThat(now()).isEqualTo(2);
    announce(1, false);
    assertThat(now()).isEqualTo(1);
    publish(3);
    assertThat(now()).isEqualTo(3);
  }

  @Test
  void staysPinnedUntilTheNextAnnouncement() {
    publish(1);
    publish(2);
    announce(1, true);
    publish(3);
    assertThat(now()).isEqualTo(1);
    announce(3, false);
    assertThat(now()).isEqualTo(3);
    publish(4);
    assertThat(now()).isEqualTo(4);
  }

  @Test
  void fallsBackToTheNewestWhereAPinnedVersionIsRetired() {
    publish(1);
    announce(1, true);
    publish(2);
    publish(3);
    current.retired("mail", 2);
    assertThat(now()).isEqualTo(1);
    current.retired("mail", 1);
    assertThat(now()).isEqualTo(3);
    current.retired("mail");
    assertThat(now()).isZero();
  }
}
