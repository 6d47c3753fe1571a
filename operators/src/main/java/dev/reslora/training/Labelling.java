package dev.reslora.training;

import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.LabelRefused;
import dev.reslora.training.TrainingEvent.LabelUse;
import dev.reslora.training.TrainingEvent.Labelled;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.Waits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings an adapter's texts and their later labels together, and takes corrections. A join by
 * example id in the order of the records: what times out does so when two records of a later event
 * time come one after the other, of this adapter and by no clock, so that recovery repeats it.
 */
final class Labelling {

  private final LabelsConfig config;
  private final AdapterState state;
  private final Guards guards;
  private final Intake intake;

  Labelling(LabelsConfig config, AdapterState state, Guards guards, Intake intake) {
    this.config = config;
    this.state = state;
    this.guards = guards;
    this.intake = intake;
  }

  /** What becomes of an example that has its label; arrivals are what the ledger is to be told. */
  interface Intake {

    /** Why an example with this label is not taken. */
    Admission.@Nullable Refusal refusal(TokenizedExample example);

    /** Takes an example, to be trained on or held out. */
    void take(TokenizedExample example, Runnable arrival, List<TrainingEvent> events);

    /** Takes an example to be trained on. */
    void train(TokenizedExample example, Runnable arrival, List<TrainingEvent> events);

    /** Takes a record that is not to be trained on. */
    void passOver(Runnable arrival);
  }

  /**
   * Refuses texts whose labels did not come in time, before a record of this event time: by the
   * earlier of it and the record before, for one of a wrong clock must not end all waiting.
   */
  void timeOut(long eventTime, List<TrainingEvent> events) {
    long millis = config.timeOut().toMillis();
    long now = Math.min(eventTime, state.recordEventTime);
    state.recordEventTime = eventTime;
    long begin = Math.max(now, Long.MIN_VALUE + millis) - millis;
    for (TokenizedExample text : state.waiting.removeBefore(begin)) {
      giveUp(
          text,
          RejectionReason.LABEL_TIMED_OUT,
          "no label came within " + config.timeOut() + " of event time",
          events);
    }
  }

  private void giveUp(
      TokenizedExample text, RejectionReason reason, String message, List<TrainingEvent> events) {
    state.ledger.endWaiting();
    state.ledger.refuse();
    state.settleIfIdle();
    guards.admission().dismiss(text);
    events.add(new Refused(text, reason, message));
  }

  /** Keeps a text until its label comes. */
  void await(TokenizedExample text, List<TrainingEvent> events) {
    if (state.waiting.get(text.exampleId()) != null) {
      intake.passOver(() -> state.ledger.see(text));
      String message = "a text of id " + text.exampleId() + " waits for its label already";
      events.add(new Refused(text, RejectionReason.DUPLICATE, message));
      return;
    }
    state.ledger.see(text);
    state.ledger.beginWaiting();
    state.waiting.put(text);
    state.settleIfIdle();
    events.add(new Waits(text));
    for (TokenizedExample oldest : state.waiting.keep(config.bytes(), Integer.MAX_VALUE)) {
      giveUp(
          oldest,
          RejectionReason.LABELS_FULL,
          "texts that wait for their labels have more than " + config.bytes() + " bytes",
          events);
    }
  }

  /** Takes a label that came after its text. */
  void offer(LateLabel label, List<TrainingEvent> events) {
    if (!config.areTaken()) {
      refuse(
          label,
          RejectionReason.UNSUPPORTED_PAYLOAD,
          "labels that come after their texts are off (labels.time-out, labels.corrections)",
          events);
      return;
    }
    TokenizedExample text = state.waiting.get(label.exampleId());
    if (text == null) {
      correct(label, events);
      return;
    }
    TokenizedExample example = text.labelled(label.label());
    if (refusesLabel(label, example, events)) {
      return;
    }
    state.waiting.remove(label.exampleId());
    events.add(new Labelled(label, LabelUse.JOINED));
    Runnable arrival =
        () -> {
          state.ledger.see(label);
          state.ledger.join();
          state.ledger.endWaiting();
        };
    intake.take(example, arrival, events);
  }

  /** The text has a label already: in the unfinished batch, held out, or trained on. */
  private void correct(LateLabel label, List<TrainingEvent> events) {
    String id = label.exampleId();
    TokenizedExample queued = state.batch.find(id);
    TokenizedExample held = guards.gate().held(id);
    TokenizedExample trained = state.correctable.get(id);
    TokenizedExample known = queued != null ? queued : held != null ? held : trained;
    if (known == null) {
      refuse(
          label,
          RejectionReason.LABEL_WITHOUT_TEXT,
          "no text of id " + id + " waits for a label or may be corrected",
          events);
      return;
    }
    if (label.label().equals(known.label())) {
      refuse(label, RejectionReason.DUPLICATE, "the example has this label already", events);
      return;
    }
    boolean late = queued == null && held == null;
    if (late && !label.correction()) {
      refuse(
          label,
          RejectionReason.ALREADY_LABELED,
          "the example was trained on as " + known.label() + ", and this is no correction",
          events);
      return;
    }
    TokenizedExample example = known.labelled(label.label());
    if (refusesLabel(label, example, events)) {
      return;
    }
    if (late) {
      state.correctable.remove(id);
      guards.forget(id);
      events.add(new Labelled(label, LabelUse.RETRAINED));
      intake.train(example, () -> state.ledger.see(label), events);
      return;
    }
    if (queued != null) {
      state.batch.replace(queued, example);
    } else {
      // Versions were judged on it as it was.
      guards.gate().release(id);
    }
    state.ledger.see(label);
    state.ledger.join();
    state.settleIfIdle();
    events.add(new Labelled(label, LabelUse.CORRECTED));
  }

  private boolean refusesLabel(
      LateLabel label, TokenizedExample example, List<TrainingEvent> events) {
    Admission.Refusal refusal = intake.refusal(example);
    if (refusal != null) {
      refuse(label, refusal.reason(), refusal.message(), events);
    }
    return refusal != null;
  }

  /** The text, if it waits, waits on. */
  void refuse(LateLabel label, RejectionReason reason, String message, List<TrainingEvent> events) {
    intake.passOver(() -> state.ledger.see(label));
    events.add(new LabelRefused(label, reason, message));
  }

  /** Remembers an example that was trained on, for as long as its label may be corrected. */
  void trained(TokenizedExample example) {
    if (config.corrections() > 0 && example.label() != null) {
      state.correctable.put(example);
      state.correctable.keep(config.bytes(), config.corrections());
    }
  }
}
