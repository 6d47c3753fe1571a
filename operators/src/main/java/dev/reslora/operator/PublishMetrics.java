package dev.reslora.operator;

import static dev.reslora.operator.JobMetric.*;

import dev.reslora.schema.ForkId;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.SnapshotManifest;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.jspecify.annotations.Nullable;

/** The publish stage's figures in Flink's metrics: of the latest version, and by adapter. */
final class PublishMetrics {

  private static final int HISTOGRAM_VERSIONS = 512;

  private final Counter versions;
  private final Histogram eventToTrain;
  private final Histogram trainToPublish;
  private final PerAdapter<AdapterFigures> adapters;
  private volatile @Nullable Latest latest;

  /** A version that was sent. */
  private record Latest(SnapshotManifest manifest, long atMillis) {

    long eventToPublish() {
      return atMillis - manifest.getEventTime().toEpochMilli();
    }

    MergeFidelity fidelity() {
      return manifest.getFidelity();
    }
  }

  /** Of a number that there is only once a version was sent. */
  private interface OfLatest {
    double of(Latest latest);
  }

  PublishMetrics(MetricGroup operator, int listedAdapters) {
    MetricGroup publisher = Scope.PUBLISHER.in(operator);
    versions = VERSIONS_PUBLISHED.counter(publisher);
    PUBLISHED_AT_MILLIS.gauge(publisher, () -> read(latest, Latest::atMillis));
    SNAPSHOT_BYTES.gauge(publisher, () -> read(latest, sent -> sent.manifest.getPayloadSize()));
    EVENT_TO_PUBLISH_MILLIS.gauge(publisher, () -> read(latest, Latest::eventToPublish));
    eventToTrain =
        EVENT_TO_TRAIN_MILLIS.histogram(
            publisher, new DescriptiveStatisticsHistogram(HISTOGRAM_VERSIONS));
    trainToPublish =
        TRAIN_TO_PUBLISH_MILLIS.histogram(
            publisher, new DescriptiveStatisticsHistogram(HISTOGRAM_VERSIONS));
    MERGE_KL.gauge(publisher, () -> read(latest, sent -> sent.fidelity().getKl()));
    MERGE_AGREEMENT.gauge(publisher, () -> read(latest, sent -> sent.fidelity().getAgreement()));
    MERGE_LOSS_CHANGE.gauge(publisher, () -> read(latest, sent -> sent.fidelity().getLossChange()));
    adapters =
        new PerAdapter<>(
            listedAdapters, id -> new AdapterFigures(Scope.PUBLISHED_ADAPTER.in(operator, id)));
  }

  /**
   * @param dueMillis when the snapshot fell due; null where that is not known
   */
  void published(SnapshotManifest manifest, @Nullable Long dueMillis, long atMillis) {
    if (dueMillis != null) {
      eventToTrain.update(dueMillis - manifest.getEventTime().toEpochMilli());
      trainToPublish.update(atMillis - dueMillis);
    }
    Latest sent = new Latest(manifest, atMillis);
    versions.inc();
    latest = sent;
    // A fork has one version, and shall take no adapter's place in the list.
    if (ForkId.parse(manifest.getAdapterId()).isEmpty()) {
      adapters.of(manifest.getAdapterId()).ifPresent(adapter -> adapter.latest = sent);
    }
  }

  private static double read(@Nullable Latest latest, OfLatest number) {
    return latest == null ? 0 : number.of(latest);
  }

  /** One adapter's. */
  private static final class AdapterFigures {

    private volatile @Nullable Latest latest;

    AdapterFigures(MetricGroup adapter) {
      ADAPTER_VERSION.gauge(adapter, () -> read(latest, sent -> sent.manifest.getVersion()));
      ADAPTER_PUBLISHED_AT_MILLIS.gauge(adapter, () -> read(latest, Latest::atMillis));
      ADAPTER_EVENT_TO_PUBLISH_MILLIS.gauge(adapter, () -> read(latest, Latest::eventToPublish));
      ADAPTER_SNAPSHOT_BYTES.gauge(
          adapter, () -> read(latest, sent -> sent.manifest.getPayloadSize()));
      ADAPTER_MERGE_KL.gauge(adapter, () -> read(latest, sent -> sent.fidelity().getKl()));
      ADAPTER_MERGE_AGREEMENT.gauge(
          adapter, () -> read(latest, sent -> sent.fidelity().getAgreement()));
    }
  }
}
