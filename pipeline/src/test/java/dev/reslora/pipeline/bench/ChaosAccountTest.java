package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.bench.ChaosFeed.Kind;
import dev.reslora.pipeline.bench.ChaosFeed.Sent;
import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.TestSnapshots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Plants each fault that {@code bench chaos} is there to find. */
class ChaosAccountTest {

  private static final String ADAPTER = ChaosFeed.ADAPTERS.get(0);

  /** Sixteen records of one partition; the one at 5 is noise. */
  private static final List<Sent> SENT = new ArrayList<>();

  static {
    for (int offset = 0; offset < 16; offset++) {
      Kind kind = offset == 5 ? Kind.REFUSED_MALFORMED : Kind.TRAINED;
      SENT.add(new Sent(ADAPTER, kind, 0, offset));
    }
  }

  private Delivery delivery = Delivery.EXACTLY_ONCE;
  private final List<StepReport> steps =
      new ArrayList<>(List.of(step(1, 8, 0, 9, 0.5), step(2, 7, 9, 16, 0.25)));
  private final List<Snapshot> versions =
      new ArrayList<>(chain(version(0, 9, 8, 8, "first"), version(9, 16, 7, 15, "second")));
  private final List<RejectedRecord> deadLetters = new ArrayList<>(List.of(deadLetter(5)));

  @Test
  void findsNothingWhereNothingIsWrong() throws IOException {
    assertThat(settled()).isEmpty();
    assertThat(compared(outputs())).isEmpty();
  }

  @Test
  void findsExamplesThatAreInNoStep() throws IOException {
    steps.remove(1);
    assertThat(settled())
        .containsExactly("killed run: chaos-1: 7 examples from offset 9 on are in no step");
  }

  @Test
  void findsAnExampleThatIsInTwoSteps() throws IOException {
    steps.set(1, step(2, 8, 8, 16, 0.25));
    assertThat(settled())
        .containsExactly(
            "killed run: chaos-1, step 2: expected 8 examples from offset 9, found offsets 8 to 16");
  }

  @Test
  void findsAStepThatWasCommittedTwice() throws IOException {
    steps.add(steps.get(0));
    assertThat(settled())
        .containsExactly("killed run: a step was committed again 1 times under exactly-once");
  }

  @Test
  void letsAnIdempotentStepComeAgainUnchangedOnly() throws IOException {
    delivery = Delivery.IDEMPOTENT;
    steps.add(steps.get(0));
    assertThat(settled()).isEmpty();
    steps.set(2, step(1, 8, 0, 9, 0.75));
    assertThat(settled()).singleElement().asString().contains("came again with other content");
  }

  @Test
  void findsDeadLettersMissingAndTooMany() throws IOException {
    deadLetters.set(0, deadLetter(6));
    assertThat(settled())
        .containsExactly(
            "killed run: the record at 0@5 has no dead letter",
            "killed run: the record at 0@6 is a dead letter");
  }

  @Test
  void findsAVersionThatIsMissing() throws IOException {
    versions.remove(0);
    assertThat(settled())
        .anySatisfy(each -> assertThat(each).contains("expected version 1"))
        .contains("killed run: chaos-1: examples in manifests: expected 15, found 7");
  }

  @Test
  void findsAVersionWithOtherBytes() throws IOException {
    RunOutputs uninterrupted = outputs();
    versions.clear();
    versions.addAll(chain(version(0, 9, 8, 8, "first"), version(9, 16, 7, 15, "other")));
    assertThat(settled()).isEmpty();
    assertThat(compared(uninterrupted))
        .singleElement()
        .asString()
        .startsWith("chaos-1, version 2 differs from the uninterrupted run's");
  }

  @Test
  void findsAStepThatLearnedOtherwise() throws IOException {
    RunOutputs uninterrupted = outputs();
    steps.set(1, step(2, 7, 9, 16, Math.nextUp(0.25)));
    assertThat(settled()).isEmpty();
    assertThat(compared(uninterrupted))
        .singleElement()
        .asString()
        .startsWith("chaos-1, step 2 differs from the uninterrupted run's");
  }

  private List<String> settled() throws IOException {
    ChaosAccount account = new ChaosAccount(SENT);
    account.settle("killed", outputs());
    return account.violations();
  }

  private List<String> compared(RunOutputs uninterrupted) throws IOException {
    ChaosAccount account = new ChaosAccount(SENT);
    account.compare(outputs(), uninterrupted);
    return account.violations();
  }

  private RunOutputs outputs() throws IOException {
    AvroEncoder<StepReport> reports = AvroEncoder.singleObject(StepReport.class);
    AvroEncoder<RejectedRecord> letters = AvroEncoder.singleObject(RejectedRecord.class);
    return RunOutputs.of(
        delivery,
        versions.stream()
            .flatMap(version -> TestSnapshots.records(version, 0).stream())
            .map(ChaosAccountTest::record)
            .toList(),
        steps.stream().map(step -> record(reports.encode(step))).toList(),
        deadLetters.stream().map(letter -> record(letters.encode(letter))).toList());
  }

  private static ConsumerRecord<String, byte[]> record(ServingRecord record) {
    String key = new String(record.key(), StandardCharsets.UTF_8);
    return new ConsumerRecord<>("snapshots", 0, 0, key, record.value());
  }

  private static ConsumerRecord<String, byte[]> record(byte[] value) {
    return new ConsumerRecord<>("output", 0, 0, ADAPTER, value);
  }

  private static List<Snapshot> chain(Snapshot first, Snapshot second) {
    Snapshot genesis = ChainHead.NONE.next(first);
    return List.of(genesis, ChainHead.of(genesis.manifest()).next(second));
  }

  private static Snapshot version(long from, long to, long trained, long total, String content) {
    SnapshotManifest.Builder facts =
        TestSnapshots.facts(ADAPTER, from, to).setExamplesTrained(trained).setTotalExamples(total);
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return Snapshot.candidate(facts, new TreeMap<>(Map.of("weights.bin", bytes)));
  }

  private static StepReport step(long step, int examples, long from, long to, double loss) {
    return StepReport.newBuilder()
        .setAdapterId(ADAPTER)
        .setStep(step)
        .setExamples(examples)
        .setTokens(examples)
        .setTotalExamples(step * examples)
        .setEventTime(Instant.EPOCH)
        .setLoss(loss)
        .setGradientNorm(1)
        .setLearningRate(1)
        .setLabels(2)
        .setOutcome(StepOutcome.TRAINED)
        .setOffsets(List.of(new OffsetRange("examples", 0, from, to)))
        .build();
  }

  private static RejectedRecord deadLetter(long offset) {
    return RejectedRecord.newBuilder()
        .setTopic("examples")
        .setPartition(0)
        .setOffset(offset)
        .setTimestamp(0)
        .setStage("decode")
        .setReason(RejectionReason.MALFORMED)
        .setMessage("noise")
        .build();
  }
}
