package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedModel.LoadedAdapter;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.ServingTopicException;
import dev.reslora.serving.SnapshotSubscriber;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows the serving topic, loads every version onto a base model of its own, and answers with the
 * newest.
 */
final class DemoSubscriber implements AutoCloseable {

  private final Served served;
  private final SnapshotSubscriber subscriber;

  /**
   * What came so far.
   *
   * @param loaded versions that were whole and right, and were loaded
   * @param refused versions that were not
   * @param fault why the last of those was refused; empty without one
   * @param newest the last of the loaded
   */
  record Seen(int loaded, int refused, String fault, Optional<PublishedVersion> newest) {

    private static final Seen NOTHING = new Seen(0, 0, "", Optional.empty());

    Seen load(PublishedVersion version) {
      return new Seen(loaded + 1, refused, fault, Optional.of(version));
    }

    Seen refuse(String why) {
      return new Seen(loaded, refused + 1, why, newest);
    }

    /** Whether the snapshot that the stream's end asked for is here. */
    boolean hasLast() {
      return newest
          .map(PublishedVersion::manifest)
          .map(SnapshotManifest::getTrigger)
          .filter(trigger -> trigger.contains(Feeder.LAST_COMMAND))
          .isPresent();
    }
  }

  private DemoSubscriber(Served served, SnapshotSubscriber subscriber) {
    this.served = served;
    this.subscriber = subscriber;
  }

  static DemoSubscriber start(ServingTopic topic, Path modelDirectory)
      throws IOException, ServingTopicException {
    Served served = new Served(ServedModel.open(modelDirectory, "cpu"));
    try {
      return new DemoSubscriber(served, SnapshotSubscriber.start(topic, served));
    } catch (ServingTopicException | RuntimeException e) {
      served.close();
      throw e;
    }
  }

  Seen seen() {
    return served.seen;
  }

  /** The newest version's labels for the texts; none before there is a version. */
  List<String> answer(List<String> texts) {
    return served.answer(texts);
  }

  @Override
  public void close() {
    subscriber.close();
    served.close();
  }

  /** The model and the version on it; swapped on the subscriber's thread. */
  private static final class Served implements SnapshotListener, AutoCloseable {

    private final ServedModel model;
    private @Nullable LoadedAdapter adapter;
    private volatile Seen seen = Seen.NOTHING;

    Served(ServedModel model) {
      this.model = model;
    }

    @Override
    public void published(PublishedVersion version) {
      try {
        swap(version);
      } catch (IOException | IllegalArgumentException e) {
        seen = seen.refuse(String.valueOf(e.getMessage()));
      }
    }

    private synchronized void swap(PublishedVersion version) throws IOException {
      String base = version.manifest().getBaseModelDigest();
      if (!base.equals(model.baseModelDigest())) {
        throw new IOException(
            "expected a version for base model %s, found one for %s"
                .formatted(model.baseModelDigest(), base));
      }
      LoadedAdapter before = adapter;
      adapter = model.load(version.adapter());
      if (before != null) {
        before.close();
      }
      seen = seen.load(version);
    }

    @Override
    public void refused(RefusedVersion refusal) {
      seen = seen.refuse(refusal.reason() + ": " + refusal.message());
    }

    synchronized List<String> answer(List<String> texts) {
      LoadedAdapter newest = adapter;
      if (newest == null || texts.isEmpty()) {
        return List.of();
      }
      return newest.classify(texts).stream().map(ServedModel.Answer::label).toList();
    }

    @Override
    public synchronized void close() {
      if (adapter != null) {
        adapter.close();
      }
      model.close();
    }
  }
}
