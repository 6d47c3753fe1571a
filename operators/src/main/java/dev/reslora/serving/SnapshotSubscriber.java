package dev.reslora.serving;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import dev.reslora.snapshot.Transit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a serving topic on a thread of its own: reads it from the beginning to where it ended at
 * the start, then on, and gives every new version to a listener. Needs no Flink.
 *
 * <p>A fault of Kafka or of the schema registry after the start is logged and tried again from the
 * first record not taken, without end; what the listener has stays valid meanwhile.
 */
public final class SnapshotSubscriber implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotSubscriber.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final ServingTopic topic;
  private final SnapshotAssembler assembler;
  private final Map<TopicPartition, Long> taken = new HashMap<>();
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile ServingTopicReader reader;

  private SnapshotSubscriber(
      ServingTopic topic, ServingTopicReader reader, SnapshotListener listener) {
    this.topic = topic;
    this.reader = reader;
    this.assembler =
        new SnapshotAssembler(topic.wire(), topic.maxBytes(), topic.store(), new Guarded(listener));
    this.thread = new Thread(this::run, "snapshot-subscriber-" + topic.name());
    this.thread.setDaemon(true);
  }

  /**
   * Opens the topic and begins.
   *
   * @param listener called on the subscriber's thread; what it throws is logged
   * @throws ServingTopicException when the topic is not there, not reachable or not allowed
   */
  public static SnapshotSubscriber start(ServingTopic topic, SnapshotListener listener)
      throws ServingTopicException {
    SnapshotSubscriber subscriber =
        new SnapshotSubscriber(topic, ServingTopicReader.open(topic), listener);
    subscriber.thread.start();
    return subscriber;
  }

  /**
   * Waits until the listener has all that was on the topic at the start.
   *
   * @return false when that took longer
   */
  public boolean awaitCaughtUp(Duration time) throws InterruptedException {
    return caughtUp.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    Duration pause = Duration.ofSeconds(1);
    while (!isClosing()) {
      try (ServingTopicReader open = reader) {
        while (!isClosing()) {
          take(open);
          pause = Duration.ofSeconds(1);
        }
      } catch (WakeupException e) {
        LOG.debug("Closing");
      } catch (KafkaException | IOException e) {
        LOG.warn("Reading {} failed, trying again in {}: {}", topic.name(), pause, e.toString());
        pause = reopen(pause);
      }
    }
  }

  private void take(ServingTopicReader open) throws IOException {
    Iterable<ConsumerRecord<byte[], byte[]>> records = open.poll(POLL);
    Instant received = Instant.now();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      assembler.accept(record.key(), record.value(), transit(record, received));
      taken.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
    }
    if (caughtUp.getCount() > 0 && open.caughtUp()) {
      caughtUp.countDown();
    }
  }

  private static Transit transit(ConsumerRecord<byte[], byte[]> record, Instant received) {
    Header sent = record.headers().lastHeader(Transit.SENT_HEADER);
    return new Transit(
        Instant.ofEpochMilli(record.timestamp()), sent == null ? null : instant(sent), received);
  }

  private static @Nullable Instant instant(Header epochMillis) {
    try {
      return Instant.ofEpochMilli(
          Long.parseLong(new String(epochMillis.value(), StandardCharsets.UTF_8)));
    } catch (NumberFormatException e) {
      return null; // another writer's header of that name
    }
  }

  /** Tries until it is open again or closing; returns the pause to make after the next fault. */
  private Duration reopen(Duration first) {
    Duration pause = first;
    while (!awaitClosing(pause)) {
      pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
      try {
        reader = ServingTopicReader.open(topic, taken);
        return pause;
      } catch (ServingTopicException e) {
        LOG.warn("Trying again in {}: {}", pause, e.getMessage());
      }
    }
    return pause;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private boolean awaitClosing(Duration time) {
    try {
      return closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      closing.countDown();
      return true;
    }
  }

  /** Ends the thread and waits for it; no call to the listener comes after. */
  @Override
  public void close() {
    closing.countDown();
    reader.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A listener's own fault must not end the reading: the next version may be what it can take. */
  private record Guarded(SnapshotListener listener) implements SnapshotListener {

    @Override
    public void published(PublishedVersion version) {
      guard(() -> listener.published(version), version.adapterId());
    }

    @Override
    public void refused(RefusedVersion refusal) {
      LOG.warn(
          "Refused version {} of {}: {}, {}",
          refusal.version(),
          refusal.adapterId(),
          refusal.reason(),
          refusal.message());
      guard(() -> listener.refused(refusal), refusal.adapterId());
    }

    @Override
    public void announced(SnapshotAnnouncement announcement) {
      LOG.info(
          "Version {} of {} is announced: {}",
          announcement.getVersion(),
          announcement.getAdapterId(),
          announcement.getReason());
      guard(() -> listener.announced(announcement), announcement.getAdapterId());
    }

    @Override
    public void retired(String adapterId, long version) {
      guard(() -> listener.retired(adapterId, version), adapterId);
    }

    @Override
    public void retired(String adapterId) {
      guard(() -> listener.retired(adapterId), adapterId);
    }

    private static void guard(Runnable call, String adapterId) {
      try {
        call.run();
      } catch (RuntimeException e) {
        LOG.error("The listener failed on adapter {}", adapterId, e);
      }
    }
  }
}
