package dev.reslora.training;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.schema.ForkId;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.util.List;

/** What came of offering an example or a command to an adapter; consumed by the train stage. */
public sealed interface TrainingEvent {

  /** A micro-batch was tested and trained. */
  record Stepped(StepReport report, StepCost cost) implements TrainingEvent {}

  /** An example was not trained: to the dead-letter topic. */
  record Refused(TokenizedExample example, RejectionReason reason, String message)
      implements TrainingEvent {}

  /** A label that came after its text was not taken: to the dead-letter topic. */
  record LabelRefused(LateLabel label, RejectionReason reason, String message)
      implements TrainingEvent {}

  /** A text waits for its label. */
  record Waits(TokenizedExample text) implements TrainingEvent {}

  /** A label that came after its text was taken. */
  record Labelled(LateLabel label, LabelUse use) implements TrainingEvent {}

  /** What a label that came after its text did. */
  enum LabelUse {
    /** Its text waited no longer. */
    JOINED,
    /** It changed the label of an example that was not trained on yet. */
    CORRECTED,
    /** The example, trained on with another label, is trained on anew. */
    RETRAINED
  }

  /** Something else happened that is told on the metrics topic. */
  record Announced(AdapterEvent event) implements TrainingEvent {}

  /** The adapter is to be forgotten, and its versions retired. Nothing follows. */
  record Deleted() implements TrainingEvent {}

  /**
   * A snapshot is due; counts are since the last one, of what is in its weights.
   *
   * @param adapter merged copy
   * @param fidelity merge and its measured error
   * @param layers the same, projection by projection
   * @param step optimizer steps so far
   * @param totalExamples examples trained on so far
   * @param trained examples trained on since the last draft
   * @param skipped examples refused by the trainer since the last draft
   * @param labelsJoined labels since the last draft that came after their texts and were taken for
   *     what was not trained on yet
   * @param waiting texts within the offsets so far that wait for their label
   * @param offsets offsets since the last draft
   * @param eventTime latest event time trained on, milliseconds
   * @param trigger steps, event-time, drift, rollback, command:id, or fork:adapter
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
      long labelsJoined,
      long waiting,
      List<OffsetRange> offsets,
      long eventTime,
      String trigger,
      String configDigest)
      implements TrainingEvent {}

  /**
   * What the adapter is at this moment is to be published as an adapter of its own, beside its own
   * versions.
   *
   * @param fork the new adapter
   * @param version its only version, of no examples and no offsets: they are in the adapter's own
   */
  record Forked(ForkId fork, SnapshotDue version) implements TrainingEvent {}
}
