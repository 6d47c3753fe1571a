package dev.reslora.operator;

import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.time.Instant;
import java.util.List;

/**
 * Makes the train stage's candidates for the publish stage: what a snapshot is made of, and where
 * it comes from.
 *
 * @param baseModel name of the base model
 * @param baseModelDigest SHA-256 of its weights and configuration
 * @param codeVersion version of the trainer
 * @param shortcut trained with
 */
record SnapshotCandidates(
    String baseModel, String baseModelDigest, String codeVersion, Shortcut shortcut) {

  Snapshot from(String adapterId, SnapshotDue due) {
    ClassifierHead head = due.adapter().head();
    SnapshotManifest.Builder facts =
        SnapshotManifest.newBuilder()
            .setAdapterId(adapterId)
            .setBaseModel(baseModel)
            .setBaseModelDigest(baseModelDigest)
            .setConfigDigest(due.configDigest())
            .setCodeVersion(codeVersion)
            .setStep(due.step())
            .setTotalExamples(due.totalExamples())
            .setExamplesTrained(due.trained())
            .setExamplesSkipped(due.skipped())
            .setLabelsJoined(due.labelsJoined())
            .setExamplesWaiting(due.waiting())
            .setOffsets(due.offsets())
            .setEventTime(Instant.ofEpochMilli(due.eventTime()))
            .setTrigger(due.trigger())
            .setShortcut(shortcut.label())
            .setLabels(head == null ? List.of() : head.labels())
            .setFidelity(due.fidelity())
            .setLayers(due.layers());
    return Snapshot.candidate(facts, PeftLayout.write(due.adapter(), baseModel, baseModelDigest));
  }
}
