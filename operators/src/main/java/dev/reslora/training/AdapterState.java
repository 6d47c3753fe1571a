package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/** What an adapter keeps beside its numbers: the one place that knows what a restart must find. */
final class AdapterState {

  static final long NEVER = Long.MIN_VALUE;

  private static final String OVERRIDES = "overrides";
  private static final String WAITING = "labels.waiting";
  private static final String WAITING_AT = "labels.event-time";
  private static final String CORRECTABLE = "labels.correctable";
  private static final String LEDGER_LABELS = "ledger.labels";
  private static final String LEDGER_SUM = "ledger.sum";
  private static final String FORK = "fork";
  private static final String BATCH_EVENT_TIME = "batch.event-time";

  /** Sections that tell of records by their offsets, or of what was made of them. */
  static final List<String> OF_ITS_OFFSETS =
      List.of(
          "batch",
          "ledger",
          LEDGER_LABELS,
          LEDGER_SUM,
          "progress",
          WAITING,
          WAITING_AT,
          CORRECTABLE,
          FORK);

  final Labels labels;
  final ExampleQueue batch;
  final ExampleQueue recent;
  final OffsetLedger ledger;

  /** What a command created it with; decides all else, so known from the beginning. */
  final AdapterOverrides overrides;

  /** Texts that wait for their labels. */
  ExamplesById waiting = new ExamplesById();

  /** Event time of the latest record; told to a restart while texts wait. */
  long recordEventTime = NEVER;

  /** The newest examples trained on, whose labels may be corrected. */
  ExamplesById correctable = new ExamplesById();

  /** Micro-batches begun, whatever became of them. */
  long batches;

  /** Examples trained on, those in the sum of gradients among them. */
  long totalExamples;

  /** Latest event time trained on. */
  long eventTime = NEVER;

  /** The same of examples in the sum. */
  long summedEventTime = NEVER;

  /** Median event time of the latest micro-batch trained on: one wrong clock does not move it. */
  long batchEventTime = NEVER;

  long snapshotStep;

  /** The median at the latest snapshot, or of the first micro-batch. */
  long snapshotEventTime = NEVER;

  /** Step of the latest fork. */
  long forkStep = NEVER;

  /** Non-finite micro-batches in a row. */
  int failures;

  boolean paused;

  AdapterState(AdapterOverrides overrides) {
    this(overrides, new Labels(), new ExampleQueue(), new ExampleQueue(), new OffsetLedger());
  }

  /** Latest event time trained on, milliseconds; 0 before the first. */
  long latestEventTime() {
    return eventTime == NEVER ? 0 : eventTime;
  }

  private AdapterState(
      AdapterOverrides overrides,
      Labels labels,
      ExampleQueue batch,
      ExampleQueue recent,
      OffsetLedger ledger) {
    this.overrides = overrides;
    this.labels = labels;
    this.batch = batch;
    this.recent = recent;
    this.ledger = ledger;
  }

  /** Takes the event times of a micro-batch that was trained on. */
  void batchOf(List<TokenizedExample> examples) {
    long[] times = examples.stream().mapToLong(TokenizedExample::eventTime).sorted().toArray();
    batchEventTime = times[(times.length - 1) / 2];
    if (snapshotEventTime == NEVER) {
      snapshotEventTime = batchEventTime;
    }
  }

  /**
   * Whether the stream's event time has moved on by an interval since the latest snapshot. Where it
   * has moved back by more, that snapshot's clock or this one's is wrong, and the interval begins
   * anew: a wrong one must not end the schedule.
   */
  boolean movedOn(long interval) {
    long moved = batchEventTime - snapshotEventTime;
    if (moved < -interval) {
      snapshotEventTime = batchEventTime;
    }
    return moved >= interval;
  }

  /** A snapshot is made: the schedule goes on from here. */
  void snapshotAt(long step) {
    snapshotStep = step;
    snapshotEventTime = batchEventTime;
  }

  /** Takes an example that was trained on, as of now into the sum. */
  void learned(TokenizedExample example) {
    recent.add(example);
    totalExamples++;
    summedEventTime = Math.max(summedEventTime, example.eventTime());
  }

  /** What was seen is dealt with, unless a batch or a sum waits to be full. */
  void settleIfIdle() {
    if (batch.size() == 0 && !ledger.sums()) {
      settle();
    }
  }

  private void settle() {
    ledger.settle();
    eventTime = Math.max(eventTime, summedEventTime);
    summedEventTime = NEVER;
  }

  /** Nothing is summed any more: what was is in the weights, or lost. */
  void sumEnds(boolean taken) {
    if (!taken) {
      dropSum();
    }
    settle();
  }

  /** The sum is lost. */
  void dropSum() {
    totalExamples -= ledger.drop();
    summedEventTime = NEVER;
  }

  /** Examples whose gradients are in the weights. */
  long examplesInWeights() {
    return totalExamples - ledger.summed();
  }

  long heapBytes() {
    return batch.heapBytes() + recent.heapBytes() + waiting.heapBytes() + correctable.heapBytes();
  }

  void write(Sections sections) {
    sections.put("labels", labels::write);
    sections.put("batch", batch::write);
    sections.put("recent", recent::write);
    sections.put("ledger", ledger::write);
    sections.put("progress", this::writeProgress);
    if (!waiting.isEmpty()) {
      sections.put(WAITING, waiting::write);
      sections.put(WAITING_AT, out -> out.writeLong(recordEventTime));
    }
    if (!correctable.isEmpty()) {
      sections.put(CORRECTABLE, correctable::write);
    }
    if (ledger.hasLabels()) {
      sections.put(LEDGER_LABELS, ledger::writeLabels);
    }
    if (ledger.sums()) {
      sections.put(LEDGER_SUM, this::writeSum);
    }
    if (batchEventTime != NEVER) {
      sections.put(BATCH_EVENT_TIME, out -> out.writeLong(batchEventTime));
    }
    if (forkStep != NEVER) {
      sections.put(FORK, out -> out.writeLong(forkStep));
    }
    if (!overrides.isEmpty()) {
      sections.put(OVERRIDES, overrides::write);
    }
  }

  static AdapterState read(Sections sections) {
    AdapterState state =
        new AdapterState(
            overrides(sections),
            sections.get("labels", Labels::read),
            sections.get("batch", ExampleQueue::read),
            sections.get("recent", ExampleQueue::read),
            sections.get("ledger", OffsetLedger::read));
    if (sections.has(WAITING)) {
      state.waiting = sections.get(WAITING, ExamplesById::read);
    }
    if (sections.has(WAITING_AT)) {
      state.recordEventTime = sections.get(WAITING_AT, DataInput::readLong);
    }
    if (sections.has(CORRECTABLE)) {
      state.correctable = sections.get(CORRECTABLE, ExamplesById::read);
    }
    if (sections.has(LEDGER_LABELS)) {
      sections.get(LEDGER_LABELS, state.ledger::readLabels);
    }
    if (sections.has(LEDGER_SUM)) {
      sections.get(LEDGER_SUM, state::readSum);
    }
    if (sections.has(BATCH_EVENT_TIME)) {
      state.batchEventTime = sections.get(BATCH_EVENT_TIME, DataInput::readLong);
    }
    if (sections.has(FORK)) {
      state.forkStep = sections.get(FORK, DataInput::readLong);
    }
    return sections.get("progress", state::readProgress);
  }

  /** Most adapters have none, and write none. */
  static AdapterOverrides overrides(Sections sections) {
    return sections.has(OVERRIDES)
        ? sections.get(OVERRIDES, AdapterOverrides::read)
        : AdapterOverrides.NONE;
  }

  /**
   * The same labels and recent past, with no example waiting, counted or published.
   *
   * @param step optimizer steps taken
   */
  AdapterState begunAnew(long step) {
    AdapterState anew =
        new AdapterState(overrides, labels, new ExampleQueue(), recent, new OffsetLedger());
    anew.batches = batches;
    anew.eventTime = eventTime;
    anew.batchEventTime = batchEventTime;
    anew.snapshotAt(step);
    anew.paused = paused;
    return anew;
  }

  private void writeSum(DataOutput out) throws IOException {
    ledger.writeSum(out);
    out.writeLong(summedEventTime);
  }

  private AdapterState readSum(DataInput in) throws IOException {
    ledger.readSum(in);
    summedEventTime = in.readLong();
    return this;
  }

  private void writeProgress(DataOutput out) throws IOException {
    out.writeLong(batches);
    out.writeLong(totalExamples);
    out.writeLong(eventTime);
    out.writeLong(snapshotStep);
    out.writeLong(snapshotEventTime);
    out.writeInt(failures);
    out.writeBoolean(paused);
  }

  private AdapterState readProgress(DataInput in) throws IOException {
    batches = in.readLong();
    totalExamples = in.readLong();
    eventTime = in.readLong();
    snapshotStep = in.readLong();
    snapshotEventTime = in.readLong();
    failures = in.readInt();
    paused = in.readBoolean();
    return this;
  }
}
