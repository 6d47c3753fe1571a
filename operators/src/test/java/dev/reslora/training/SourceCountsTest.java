package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SourceCountsTest {

  private static final long MINUTE = 60_000;

  private static final SourceConfig TWO_A_MINUTE =
      new SourceConfig(2, Duration.ofMillis(MINUTE), 3);

  private SourceCounts counts = new SourceCounts(TWO_A_MINUTE);

  @Test
  void takesSoManyOfASourceInAnInterval() {
    assertThat(counts.admits("a", 0)).isTrue();
    assertThat(counts.admits("a", MINUTE - 1)).isTrue();
    assertThat(counts.admits("a", MINUTE - 1)).isFalse();
    assertThat(counts.admits("b", MINUTE - 1)).isTrue();
    assertThat(counts.admits("a", MINUTE)).isTrue();
  }

  @Test
  void countsTheIntervalBeforeInTheLatestAndLetsAWrongTimePass() {
    assertThat(counts.admits("a", MINUTE)).isTrue();
    assertThat(counts.admits("a", 0)).isTrue();
    assertThat(counts.admits("a", 0)).isFalse();
    assertThat(counts.admits("a", 1_000 * MINUTE)).isTrue();
    assertThat(counts.admits("a", 2 * MINUTE)).as("not locked out").isTrue();
    assertThat(counts.admits("a", -MINUTE)).as("before 1970").isTrue();
  }

  @Test
  void remembersTheSourcesThatCameLast() {
    for (String source : new String[] {"a", "a", "b", "c"}) {
      assertThat(counts.admits(source, 0)).isTrue();
    }
    assertThat(counts.admits("a", 0)).isFalse();
    assertThat(counts.admits("d", 0)).as("in place of b").isTrue();
    assertThat(counts.admits("a", 0)).isFalse();
    for (int i = 0; i < 100_000; i++) {
      counts.admits("source " + i, 0);
    }
    assertThat(written().length).isLessThan(100);
  }

  @Test
  void goesOnAfterARestart() throws IOException {
    counts.admits("a", 0);
    counts.admits("b", 0);
    counts.admits("a", 0);
    counts.admits("c", 0);
    byte[] written = written();
    counts =
        new SourceCounts(TWO_A_MINUTE).read(new DataInputStream(new ByteArrayInputStream(written)));
    assertThat(written()).isEqualTo(written);
    assertThat(counts.admits("a", 0)).isFalse();
    counts.admits("d", 0);
    assertThat(counts.admits("a", 0)).as("b came less lately").isFalse();
  }

  @Test
  void countsNothingWhereThereIsNoLimit() {
    counts = new SourceCounts(SourceConfig.OFF);
    for (int i = 0; i < 100; i++) {
      assertThat(counts.admits("a", 0)).isTrue();
    }
    assertThat(counts.isEmpty()).isTrue();
  }

  private byte[] written() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      counts.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }
}
