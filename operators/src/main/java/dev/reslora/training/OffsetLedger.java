package dev.reslora.training;

import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one adapter has consumed since its last snapshot: offsets and counts. Moves on only at batch
 * borders where no gradient is summed, so that a snapshot's ranges hold exactly the examples whose
 * gradients are in its weights.
 *
 * <p>A record is an example that is trained on or refused, a text that begins to wait for its
 * label, or a label that is taken for one that waits or was not trained on yet. So of the records
 * in the ranges, as many were trained as are not refused, labels, or still waiting.
 */
final class OffsetLedger {

  private final Map<Partition, Span> spans = new TreeMap<>();
  private long trained;
  private long summed;
  private long skipped;
  private long skippedInBatch;
  private long labels;
  private long labelsInBatch;
  private long waiting;
  private long waitingNow;

  private record Partition(String topic, int number) implements Comparable<Partition> {
    @Override
    public int compareTo(Partition other) {
      int byTopic = topic.compareTo(other.topic);
      return byTopic != 0 ? byTopic : Integer.compare(number, other.number);
    }
  }

  /** Offsets [from, to) are settled; seen is one past the last record that came in. */
  private static final class Span {
    private long from;
    private long to;
    private long seen;
  }

  /** An example came in. */
  void see(TokenizedExample example) {
    // A record that goes on is not over: its offset belongs to the snapshot that has its end.
    long end = example.offset() + (example.continued() ? 0 : 1);
    see(new Partition(example.topic(), example.partition()), example.offset(), end);
  }

  /** A label came in after its text. */
  void see(LateLabel label) {
    see(new Partition(label.topic(), label.partition()), label.offset(), label.offset() + 1);
  }

  private void see(Partition partition, long offset, long end) {
    Span span =
        spans.computeIfAbsent(
            partition,
            unknown -> {
              Span first = new Span();
              first.from = offset;
              first.to = offset;
              return first;
            });
    span.seen = Math.max(span.seen, end);
  }

  /** The example just seen waits for its label. */
  void beginWaiting() {
    waitingNow++;
  }

  /** One of those that wait does so no longer: it has its label, or is refused. */
  void endWaiting() {
    waitingNow--;
  }

  /** The label just seen belongs to an example that came before and was not trained on yet. */
  void join() {
    labelsInBatch++;
  }

  /** The example just seen is not to be trained on; counted when the batch around it is settled. */
  void refuse() {
    skippedInBatch++;
  }

  /** Of a micro-batch this many are in the sum of gradients, this many were refused by the step. */
  void sum(long newlySummed, long newlySkipped) {
    summed += newlySummed;
    skippedInBatch += newlySkipped;
  }

  /** Whether there are examples in the sum. */
  boolean sums() {
    return summed > 0;
  }

  /** The sum is lost: nothing was learned from what is in it; returns how many. */
  long drop() {
    long lost = summed;
    skippedInBatch += lost;
    summed = 0;
    return lost;
  }

  /** Everything seen has been dealt with; what is in the sum has been trained on. */
  void settle() {
    trained += summed;
    summed = 0;
    skipped += skippedInBatch;
    skippedInBatch = 0;
    labels += labelsInBatch;
    labelsInBatch = 0;
    waiting = waitingNow;
    spans.values().forEach(span -> span.to = span.seen);
  }

  long trained() {
    return trained;
  }

  /** Examples in the sum. */
  long summed() {
    return summed;
  }

  long skipped() {
    return skipped;
  }

  /** Labels that were taken for examples not trained on yet. */
  long labels() {
    return labels;
  }

  /** Texts that wait for their label. */
  long waiting() {
    return waiting;
  }

  /** Settled offsets, partitions in order; those where nothing happened are left out. */
  List<OffsetRange> ranges() {
    List<OffsetRange> ranges = new ArrayList<>();
    spans.forEach(
        (partition, span) -> {
          if (span.to > span.from) {
            ranges.add(new OffsetRange(partition.topic, partition.number, span.from, span.to));
          }
        });
    return ranges;
  }

  /** A snapshot was made: the next one's ranges begin where this one's end. */
  void cut() {
    trained = 0;
    skipped = 0;
    labels = 0;
    spans.values().forEach(span -> span.from = span.to);
  }

  /** First offset to one past the last of some examples, by partition. */
  static List<OffsetRange> spanned(List<TokenizedExample> examples) {
    OffsetLedger ledger = new OffsetLedger();
    examples.forEach(ledger::see);
    ledger.settle();
    return ledger.ranges();
  }

  void write(DataOutput out) throws IOException {
    out.writeLong(trained);
    out.writeLong(skipped);
    out.writeLong(skippedInBatch);
    out.writeInt(spans.size());
    for (Map.Entry<Partition, Span> entry : spans.entrySet()) {
      out.writeUTF(entry.getKey().topic);
      out.writeInt(entry.getKey().number);
      out.writeLong(entry.getValue().from);
      out.writeLong(entry.getValue().to);
      out.writeLong(entry.getValue().seen);
    }
  }

  /** Whether labels ever came later, so that {@link #writeLabels} has something to write. */
  boolean hasLabels() {
    return (labels | labelsInBatch | waiting | waitingNow) != 0;
  }

  void writeLabels(DataOutput out) throws IOException {
    out.writeLong(labels);
    out.writeLong(labelsInBatch);
    out.writeLong(waiting);
    out.writeLong(waitingNow);
  }

  OffsetLedger readLabels(DataInput in) throws IOException {
    labels = in.readLong();
    labelsInBatch = in.readLong();
    waiting = in.readLong();
    waitingNow = in.readLong();
    return this;
  }

  void writeSum(DataOutput out) throws IOException {
    out.writeLong(summed);
  }

  OffsetLedger readSum(DataInput in) throws IOException {
    summed = in.readLong();
    return this;
  }

  static OffsetLedger read(DataInput in) throws IOException {
    OffsetLedger ledger = new OffsetLedger();
    ledger.trained = in.readLong();
    ledger.skipped = in.readLong();
    ledger.skippedInBatch = in.readLong();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      Partition partition = new Partition(in.readUTF(), in.readInt());
      Span span = new Span();
      span.from = in.readLong();
      span.to = in.readLong();
      span.seen = in.readLong();
      ledger.spans.put(partition, span);
    }
    return ledger;
  }
}
