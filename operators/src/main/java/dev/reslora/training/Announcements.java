package dev.reslora.training;

import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.training.TrainingEvent.Announced;
import java.time.Instant;
import java.util.List;

/** What happens to one adapter besides steps, as events with its progress. */
record Announcements(String adapterId, AdapterState state, Learner learner) {

  Announced of(AdapterEventKind kind, String cause, String message, List<Criterion> criteria) {
    return new Announced(
        AdapterEvent.newBuilder()
            .setAdapterId(adapterId)
            .setKind(kind)
            .setStep(learner.step())
            .setTotalExamples(state.totalExamples)
            .setEventTime(Instant.ofEpochMilli(state.latestEventTime()))
            .setCause(cause)
            .setMessage(message)
            .setCriteria(criteria)
            .build());
  }
}
