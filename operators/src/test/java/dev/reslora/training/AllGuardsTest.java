package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.Forked;
import dev.reslora.training.TrainingEvent.LabelRefused;
import dev.reslora.training.TrainingEvent.LabelUse;
import dev.reslora.training.TrainingEvent.Labelled;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllGuardsTest {

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @TempDir private Path directory;

  @AfterAll
  static void close() {
    OPEN.close();
  }

  @Test
  void restoresBitForBitWithAllOfThemTogether() throws IOException {
    AllGuards.Stream stream = new AllGuards.Stream();
    List<Object> records = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      records.add(stream.next());
    }
    try (Trainer trainer = Trainer.open(AllGuards.config(directory, Detector.PAGE_HINKLEY))) {
      List<TrainingEvent> events;
      SortedMap<String, byte[]> whole;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, records);
        whole = adapter.checkpoint();
      }
      assertThat(kinds(events))
          .contains(
              AdapterEventKind.DRIFT,
              AdapterEventKind.CANDIDATE_PROMOTED,
              AdapterEventKind.CANDIDATE_HELD);
      assertThat(reasons(events))
          .contains(
              RejectionReason.DUPLICATE,
              RejectionReason.LOSS_OUTLIER,
              RejectionReason.UNKNOWN_LABEL,
              RejectionReason.SOURCE_LIMIT,
              RejectionReason.LABEL_TIMED_OUT,
              RejectionReason.LABELS_FULL,
              RejectionReason.LABEL_WITHOUT_TEXT,
              RejectionReason.ALREADY_LABELED);
      assertThat(of(Labelled.class, events)).extracting(Labelled::use).contains(LabelUse.values());
      assertThat(of(Forked.class, events)).isNotEmpty();
      assertThat(whole)
          .containsKeys("adapter.anchor#0000", "adapter.ewc.fisher#0000", "guards.anchors#0000")
          .containsKeys("adapter.published.params#0000", "guards.before.params#0000");

      List<TrainingEvent> pieces = new ArrayList<>();
      AdapterTraining adapter = trainer.create("a");
      int begin = 0;
      for (int cut = 7; cut < records.size(); cut += 113) {
        pieces.addAll(offer(adapter, records.subList(begin, cut)));
        SortedMap<String, byte[]> state = new TreeMap<>(adapter.checkpoint());
        adapter.close();
        adapter = trainer.restore("a", state);
        begin = cut;
      }
      pieces.addAll(offer(adapter, records.subList(begin, records.size())));
      SortedMap<String, byte[]> end = adapter.checkpoint();
      adapter.close();
      assertThat(end.keySet()).isEqualTo(whole.keySet());
      end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
      assertThat(Offered.reports(pieces)).isEqualTo(Offered.reports(events));
      assertThat(of(Announced.class, pieces)).isEqualTo(of(Announced.class, events));
      assertThat(of(SnapshotDue.class, pieces))
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(of(SnapshotDue.class, events));
    }
  }

  @Test
  void keepsAllOfThemWithinTheirBytes() throws IOException {
    Map<String, Integer> budgets = AllGuards.budgets();
    Map<String, Integer> most = new TreeMap<>();
    AllGuards.Stream stream = new AllGuards.Stream();
    try (Trainer trainer = Trainer.open(AllGuards.config(directory, Detector.ADWIN));
        AdapterTraining adapter = trainer.create("a")) {
      for (int i = 1; i <= 6_000; i++) {
        AllGuards.offer(adapter, stream.next());
        if (i % 97 == 0) {
          Sections state = new Sections(adapter.checkpoint());
          int all = state.entries().values().stream().mapToInt(bytes -> bytes.length).sum();
          int rest = all;
          for (Map.Entry<String, Integer> budget : budgets.entrySet()) {
            int size = state.size(budget.getKey());
            rest -= size;
            most.merge(budget.getKey(), size, Math::max);
            assertThat(size)
                .as("%s after %d records", budget.getKey(), i)
                .isLessThanOrEqualTo(budget.getValue());
          }
          assertThat(adapter.heapBytes() - HeapBytes.ADAPTER)
              .as("heap of what the sections hold")
              .isGreaterThan(all - rest);
          // Numbers, two moments, two anchors, three of EWC, and two versions to go back to.
          assertThat(rest).isLessThan(10 * state.size("adapter.params") + 4096);
        }
      }
    }
    assertThat(most.get("guards.reservoir")).isGreaterThan(AllGuards.REPLAY_BYTES / 2);
    assertThat(most.get("labels.waiting")).isGreaterThan(AllGuards.LABEL_BYTES / 2);
    assertThat(most.get("guards.admission")).isGreaterThan(16 * AllGuards.DUPLICATES);
    assertThat(most.get("guards.adapter")).isGreaterThan(24 * AllGuards.WINDOW);
    assertThat(most.get("guards.sources")).isGreaterThan(20 * AllGuards.SOURCES);
  }

  private static List<TrainingEvent> offer(AdapterTraining adapter, List<Object> records) {
    List<TrainingEvent> events = new ArrayList<>();
    records.forEach(record -> events.addAll(AllGuards.offer(adapter, record)));
    return events;
  }

  private static <T> List<T> of(Class<T> type, List<TrainingEvent> events) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static Set<AdapterEventKind> kinds(List<TrainingEvent> events) {
    Set<AdapterEventKind> kinds = EnumSet.noneOf(AdapterEventKind.class);
    of(Announced.class, events).forEach(announced -> kinds.add(announced.event().getKind()));
    return kinds;
  }

  private static Set<RejectionReason> reasons(List<TrainingEvent> events) {
    Set<RejectionReason> reasons = EnumSet.noneOf(RejectionReason.class);
    of(Refused.class, events).forEach(refused -> reasons.add(refused.reason()));
    of(LabelRefused.class, events).forEach(refused -> reasons.add(refused.reason()));
    return reasons;
  }
}
