package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.Completions;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedVersion;
import dev.reslora.serving.ServedVersion.Lease;
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
import java.util.function.Function;

/**
 * Follows the serving topic, loads every version onto a base model of its own, and answers with the
 * newest.
 */
final class DemoSubscriber implements AutoCloseable {

  private final ServedModel model;
  private final ServedAdapters adapters;
  private final Tally tally;
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

  private DemoSubscriber(
      ServedModel model, ServedAdapters adapters, Tally tally, SnapshotSubscriber subscriber) {
    this.model = model;
    this.adapters = adapters;
    this.tally = tally;
    this.subscriber = subscriber;
  }

  static DemoSubscriber start(ServingTopic topic, Path modelDirectory)
      throws IOException, ServingTopicException {
    ServedModel model = ServedModel.open(modelDirectory, "cpu");
    Tally tally = new Tally();
    ServedAdapters adapters = new ServedAdapters(model, 1, tally);
    try {
      return new DemoSubscriber(model, adapters, tally, SnapshotSubscriber.start(topic, adapters));
    } catch (ServingTopicException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  Seen seen() {
    return tally.seen;
  }

  /** The newest version's labels for the texts; none before there is a version. */
  List<String> classify(List<String> texts) {
    if (texts.isEmpty()) {
      return List.of();
    }
    return newest(
            version ->
                version.answer(texts.stream().map(text -> model.encode(text, null)).toList()))
        .stream()
        .flatMap(List::stream)
        .map(ServedModel.Answer::label)
        .toList();
  }

  /**
   * How a text goes on.
   *
   * @param frozen by the base model alone
   * @param adapted by the newest version
   */
  record Continued(String prompt, String frozen, String adapted) {}

  /** Goes on with a text, by the newest version and without; empty before there is a version. */
  Optional<Continued> complete(Completions.Request request) {
    return newest(version -> version.complete(request, part -> {}).text())
        .map(
            adapted -> {
              try (ServedModel.LoadedAdapter none = model.frozen()) {
                String frozen = none.complete(request, part -> {}).text();
                return new Continued(request.prompt(), frozen, adapted);
              }
            });
  }

  private <T> Optional<T> newest(Function<ServedVersion, T> question) {
    return tally
        .seen
        .newest()
        .flatMap(newest -> adapters.lease(newest.adapterId()))
        .map(
            lease -> {
              try (Lease held = lease) {
                return question.apply(held.version());
              }
            });
  }

  @Override
  public void close() {
    subscriber.close();
    adapters.close();
    model.close();
  }

  /** What came, told by the adapters in service. */
  private static final class Tally implements SnapshotListener {

    private volatile Seen seen = Seen.NOTHING;

    @Override
    public void published(PublishedVersion version) {
      seen = seen.load(version);
    }

    @Override
    public void refused(RefusedVersion refusal) {
      seen = seen.refuse(refusal.reason() + ": " + refusal.message());
    }
  }
}
