package dev.reslora.training;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.util.List;

/** What came of offering an example or a command to an adapter; consumed by the train stage. */
public sealed interface TrainingEvent {

  /** A micro-batch was tested and trained. */
  record Stepped(StepReport report, StepCost cost) implements TrainingEvent {}

  /** An example was not trained: to the dead-letter topic. */
  record Refused(TokenizedExample example, RejectionReason reason, String message)
      implements TrainingEvent {}

  /** Something else happened that is told on the metrics topic. */
  record Announced(AdapterEvent event) implements TrainingEvent {}

  /** The adapter is to be forgotten, and its versions retired. Nothing follows. */
  record Deleted() implements TrainingEvent {}

  /**
   * A snapshot is due; counts are since the last one.
   *
   * @param adapter merged copy
   * @param fidelity merge and its measured error
   * @param layers the same, projection by projection
   * @param step optimizer steps so far
   * @param totalExamples examples trained on so far
   * @param trained examples trained on since the last draft
   * @param skipped examples refused by the trainer since the last draft
   * @param offsets offsets since the last draft
   * @param eventTime latest event time trained on, milliseconds
   * @param trigger steps, event-time, drift, rollback, or command:id
   * @param configDigest SHA-256, hex, of the configuration that decided what was learned
   */
  record SnapshotDue(
      MergedAdapter adapter,
      MergeFidelity fidelity,
      List<LayerFidelity> layers,
      long step,
      long totalExamples,
      long trained,
      long skipped,
      List<OffsetRange> offsets,
      long eventTime,
      String trigger,
      String configDigest)
      implements TrainingEvent {}
}
