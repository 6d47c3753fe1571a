package dev.reslora.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.reslora.snapshot.Continuity;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.TestSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ServedAdaptersTest {

  private final ServedAdapters served = new ServedAdapters(2);

  private static List<PublishedVersion> versions(int count) {
    List<PublishedVersion> versions = new ArrayList<>();
    for (Snapshot snapshot : TestSnapshots.chain("mail", new int[count])) {
      versions.add(new PublishedVersion(snapshot.manifest(), new TreeMap<>(), Continuity.CHAINED));
    }
    return versions;
  }

  @Test
  void answersWithTheNewestAndKeepsAsManyAsItWasTold() {
    assertThat(served.newest("mail")).isEmpty();
    List<PublishedVersion> versions = versions(3);
    versions.forEach(served::published);
    assertThat(served.newest("mail")).contains(versions.get(2));
    assertThat(served.version("mail", 2)).contains(versions.get(1));
    assertThat(served.version("mail", 1)).isEmpty();
    assertThat(served.adapterIds()).containsExactly("mail");
  }

  @Test
  void takesARetiredAdapterAway() {
    served.published(versions(1).get(0));
    served.retired("mail");
    assertThat(served.newest("mail")).isEmpty();
    assertThat(served.adapterIds()).isEmpty();
  }

  @Test
  void refusesToKeepNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ServedAdapters(0))
        .withMessage("versions kept: expected at least 1, found 0");
  }

  @Test
  void neverShowsAReaderAnOlderVersionThanBefore() throws Exception {
    List<PublishedVersion> versions = versions(500);
    served.published(versions.get(0));
    CountDownLatch reading = new CountDownLatch(2);
    ExecutorService readers = Executors.newFixedThreadPool(2);
    try {
      List<Future<Boolean>> results =
          List.of(
              readers.submit(() -> versionsOnlyRise(reading)),
              readers.submit(() -> versionsOnlyRise(reading)));
      reading.await();
      versions.subList(1, 500).forEach(served::published);
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private boolean versionsOnlyRise(CountDownLatch reading) {
    reading.countDown();
    long before = 0;
    while (before < 500) {
      long now = served.newest("mail").orElseThrow().version();
      if (now < before) {
        return false;
      }
      before = now;
    }
    return true;
  }
}
