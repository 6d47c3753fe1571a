package dev.reslora.pipeline.live;

import dev.reslora.pipeline.live.LiveView.AdapterLine;
import dev.reslora.pipeline.live.LiveView.Event;
import dev.reslora.pipeline.live.LiveView.Judgement;
import dev.reslora.pipeline.live.LiveView.Point;
import dev.reslora.pipeline.live.LiveView.Reason;
import dev.reslora.pipeline.live.LiveView.Rejection;
import dev.reslora.pipeline.live.LiveView.Speed;
import dev.reslora.pipeline.live.LiveView.Version;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the topics have told so far, bounded: the newest versions and rejections, a curve of so many
 * points and the newest events of each adapter, and the adapters that learned last. Written by the
 * threads that follow the topics, read by those that serve the page.
 */
final class LiveFigures {

  static final int MAX_ADAPTERS = 100;
  static final int MAX_POINTS = 240;
  static final int MAX_VERSIONS = 200;
  static final int MAX_EVENTS = 50;
  static final int MAX_REJECTIONS = 20;
  private static final long SPEED_MILLIS = 30_000;

  private final Map<String, Adapter> adapters = new HashMap<>();
  private final Deque<Version> versions = new ArrayDeque<>();
  private final Map<String, Long> reasons = new TreeMap<>();
  private final Deque<Rejection> rejections = new ArrayDeque<>();
  private final Deque<Step> recent = new ArrayDeque<>();
  private long rejected;
  private long skipped;
  private long changes;
  private final Map<String, String> faults = new TreeMap<>();

  private record Step(long atMillis, int examples, int tokens) {}

  private static final class Adapter {
    private final LearningCurve curve = new LearningCurve(MAX_POINTS);
    private final Deque<Event> events = new ArrayDeque<>();
    private long changed;
    private long step;
    private long version;
  }

  synchronized void stepped(StepReport report, long atMillis) {
    Adapter adapter = adapter(report.getAdapterId());
    if (report.getOutcome() == StepOutcome.SKIPPED_NON_FINITE) {
      skipped++;
      return;
    }
    if (adapter.curve.add(report)) {
      adapter.step = report.getStep();
      recent.addLast(new Step(atMillis, report.getExamples(), report.getTokens()));
      // By the records' time: a topic that is read from its beginning is no burst of speed.
      while (recent.getFirst().atMillis < atMillis - SPEED_MILLIS) {
        recent.removeFirst();
      }
    }
  }

  synchronized void happened(AdapterEvent event, long atMillis) {
    Deque<Event> events = adapter(event.getAdapterId()).events;
    Event happened =
        new Event(
            event.getKind().name(),
            event.getStep(),
            event.getTotalExamples(),
            event.getCause(),
            event.getMessage(),
            event.getCriteria().stream().map(LiveFigures::judgement).toList(),
            atMillis);
    if (events.stream().anyMatch(known -> sameButForTime(known, happened))) {
      return;
    }
    events.addLast(happened);
    if (events.size() > MAX_EVENTS) {
      events.removeFirst();
    }
  }

  /** After a recovery the topic may hold an event twice. */
  private static boolean sameButForTime(Event known, Event event) {
    return known.kind().equals(event.kind())
        && known.examples() == event.examples()
        && known.cause().equals(event.cause())
        && known.message().equals(event.message());
  }

  private static Judgement judgement(Criterion criterion) {
    double value = criterion.getValue();
    return new Judgement(
        criterion.getName(),
        Double.isFinite(value) ? (Double) value : null,
        criterion.getLimit(),
        criterion.getMet());
  }

  synchronized void published(SnapshotManifest manifest, long atMillis) {
    Adapter adapter = adapter(manifest.getAdapterId());
    if (manifest.getVersion() <= adapter.version) {
      return;
    }
    adapter.version = manifest.getVersion();
    MergeFidelity fidelity = manifest.getFidelity();
    versions.addLast(
        new Version(
            manifest.getAdapterId(),
            manifest.getVersion(),
            manifest.getStep(),
            manifest.getTotalExamples(),
            manifest.getTrigger(),
            fidelity.getMerge(),
            fidelity.getExamples(),
            fidelity.getKl(),
            fidelity.getAgreement(),
            fidelity.getLossChange(),
            manifest.getPayloadSize(),
            manifest.getEventTime().toEpochMilli(),
            atMillis));
    if (versions.size() > MAX_VERSIONS) {
      versions.removeFirst();
    }
  }

  synchronized void rejected(RejectedRecord record, long atMillis) {
    changes++;
    rejected++;
    String stage = record.getStage();
    String reason = record.getReason().name();
    reasons.merge(stage + " " + reason, 1L, Long::sum);
    rejections.addFirst(
        new Rejection(
            stage,
            reason,
            record.getMessage(),
            record.getTopic(),
            record.getPartition(),
            record.getOffset(),
            record.getAdapterId(),
            atMillis));
    if (rejections.size() > MAX_REJECTIONS) {
      rejections.removeLast();
    }
  }

  /** Topics cannot be followed any more, or can again. */
  synchronized void fault(String topics, @Nullable String fault) {
    changes++;
    if (fault == null) {
      faults.remove(topics);
    } else {
      faults.put(topics, fault);
    }
  }

  /** Rises with every change. */
  synchronized long changes() {
    return changes;
  }

  private Adapter adapter(String id) {
    changes++;
    Adapter adapter = adapters.computeIfAbsent(id, name -> new Adapter());
    adapter.changed = changes;
    if (adapters.size() > MAX_ADAPTERS) {
      adapters.entrySet().stream()
          .min(Comparator.comparingLong(entry -> entry.getValue().changed))
          .map(Map.Entry::getKey)
          .ifPresent(adapters::remove);
    }
    return adapter;
  }

  /**
   * What the page shows now.
   *
   * @param chosen the adapter whose curve it shows; nothing, or one that is not there: the one that
   *     learned last
   */
  synchronized LiveView view(String title, @Nullable String chosen, long nowMillis) {
    String shown = chosen != null && adapters.containsKey(chosen) ? chosen : latest();
    List<AdapterLine> lines = new ArrayList<>();
    new TreeMap<>(adapters)
        .forEach(
            (id, adapter) -> {
              LearningCurve.Window latest = adapter.curve.latest();
              lines.add(
                  new AdapterLine(
                      id,
                      adapter.step,
                      adapter.curve.totalExamples(),
                      latest.meanLoss(),
                      latest.accuracy(),
                      latest.baselineAccuracy(),
                      adapter.version));
            });
    List<Reason> counts = new ArrayList<>();
    reasons.forEach(
        (key, count) -> {
          int blank = key.indexOf(' ');
          counts.add(new Reason(key.substring(0, blank), key.substring(blank + 1), count));
        });
    return new LiveView(
        title,
        nowMillis,
        faults.isEmpty() ? null : String.join("; ", faults.values()),
        speed(nowMillis),
        skipped,
        lines,
        shown,
        shown == null ? List.of() : points(adapters.get(shown)),
        List.copyOf(versions),
        shown == null ? List.of() : events(adapters.get(shown)),
        rejected,
        counts,
        List.copyOf(rejections));
  }

  private @Nullable String latest() {
    return adapters.entrySet().stream()
        .max(Comparator.comparingLong(entry -> entry.getValue().changed))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  private static List<Point> points(@Nullable Adapter adapter) {
    return adapter == null
        ? List.of()
        : adapter.curve.windows().stream()
            .map(
                window ->
                    new Point(
                        window.upTo(),
                        window.accuracy(),
                        window.baselineAccuracy(),
                        window.meanLoss(),
                        window.baselineMeanLoss()))
            .toList();
  }

  private static List<Event> events(@Nullable Adapter adapter) {
    return adapter == null ? List.of() : List.copyOf(adapter.events);
  }

  private Speed speed(long nowMillis) {
    long examples = 0;
    long tokens = 0;
    long steps = 0;
    for (Step step : recent) {
      if (step.atMillis >= nowMillis - SPEED_MILLIS) {
        examples += step.examples;
        tokens += step.tokens;
        steps++;
      }
    }
    double seconds = SPEED_MILLIS / 1e3;
    return new Speed(steps / seconds, examples / seconds, tokens / seconds);
  }
}
