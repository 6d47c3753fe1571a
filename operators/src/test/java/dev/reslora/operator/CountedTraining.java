package dev.reslora.operator;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.StepCost;
import dev.reslora.training.TrainingEvent;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Training without tensors, for tests of the stage around it: one weight that every example moves
 * in an order-dependent way, two examples to a step, a snapshot every third step. Its state spans a
 * varying number of sections, so that stale ones would be noticed.
 */
public final class CountedTraining implements AdapterSessions {

  /** Sessions open in this JVM; every test must leave none. */
  static final AtomicInteger OPEN = new AtomicInteger();

  private static final AtomicLong UNTIL_FAILURE = new AtomicLong();

  private static final int BATCH = 2;
  private static final int SNAPSHOT_STEPS = 3;

  /** What every step of it claims to have taken. */
  static final StepCost COST = new StepCost(1e6, 1, 1_000, 2_000, 30_000, 4_000);

  private final boolean together;

  CountedTraining() {
    this(false);
  }

  /**
   * @param together whether full batches wait to be trained together
   */
  CountedTraining(boolean together) {
    this.together = together;
  }

  /** The train stage around this training, as the topology takes it. */
  public static TrainOperator stage(TrainPlan plan) {
    return new TrainOperator(plan, device -> new CountedTraining());
  }

  /** Training fails once, at the n-th example offered from now on in this JVM. */
  public static void failOnceAfter(int examples) {
    UNTIL_FAILURE.set(examples);
  }

  /** Whether that failure has come. */
  public static boolean failed() {
    return UNTIL_FAILURE.get() <= 0;
  }

  @Override
  public String baseModelName() {
    return "counted";
  }

  @Override
  public String baseModelDigest() {
    return "00".repeat(32);
  }

  @Override
  public int arrays() {
    return 0;
  }

  @Override
  public AdapterSession create(String adapterId, AdapterOverrides overrides) {
    return new Session(adapterId, together);
  }

  @Override
  public AdapterSession restore(String adapterId, SortedMap<String, byte[]> sections) {
    Session session = new Session(adapterId, together);
    session.read(sections);
    return session;
  }

  @Override
  public List<List<TrainingEvent>> trainTogether(List<AdapterSession> due) {
    return due.stream().map(each -> ((Session) each).trainDue()).toList();
  }

  @Override
  public void close() {}

  private static final class Session implements AdapterSession {

    private final String adapterId;
    private final boolean together;
    private @Nullable TokenizedExample due;
    private double weight = 1;
    private long examples;
    private boolean paused;
    private boolean changed;

    Session(String adapterId, boolean together) {
      this.adapterId = adapterId;
      this.together = together;
      OPEN.incrementAndGet();
    }

    @Override
    public List<TrainingEvent> offer(TokenizedExample example) {
      if (UNTIL_FAILURE.getAndDecrement() == 1) {
        throw new IllegalStateException("planned failure at " + example.exampleId());
      }
      changed = true;
      if (paused) {
        return List.of(
            new TrainingEvent.Refused(example, RejectionReason.ADAPTER_PAUSED, "paused"));
      }
      if (due != null) {
        throw new IllegalStateException(adapterId + " waits to be trained");
      }
      weight = weight * 1.0001 + example.tokens()[0] / (double) (examples + 1);
      examples++;
      if (examples % BATCH != 0) {
        return List.of();
      }
      if (together) {
        due = example;
        return List.of();
      }
      return train(example);
    }

    private List<TrainingEvent> trainDue() {
      TokenizedExample last = Objects.requireNonNull(due);
      due = null;
      return train(last);
    }

    private List<TrainingEvent> train(TokenizedExample last) {
      List<TrainingEvent> events = new ArrayList<>();
      events.add(new TrainingEvent.Stepped(report(last), COST));
      if (examples / BATCH % SNAPSHOT_STEPS == 0) {
        events.add(due("steps"));
      }
      return events;
    }

    @Override
    public List<TrainingEvent> offer(LateLabel label) {
      changed = true;
      return List.of(
          new TrainingEvent.LabelRefused(label, RejectionReason.LABEL_WITHOUT_TEXT, "none waits"));
    }

    @Override
    public List<TrainingEvent> obey(AdapterControl control) {
      changed = true;
      switch (control.getCommand()) {
        case PUBLISH -> {
          return List.of(due("command:" + control.getCommandId()));
        }
        case PAUSE -> paused = true;
        case RESUME -> paused = false;
        case DELETE -> {
          return List.of(new TrainingEvent.Deleted());
        }
        default -> throw new IllegalArgumentException("not taught: " + control.getCommand());
      }
      return List.of();
    }

    @Override
    public long dueTokens() {
      return due == null ? 0 : (long) BATCH * due.tokens().length;
    }

    @Override
    public boolean changed() {
      return changed;
    }

    @Override
    public SortedMap<String, byte[]> checkpoint() {
      if (due != null) {
        throw new IllegalStateException(adapterId + " waits to be trained");
      }
      changed = false;
      SortedMap<String, byte[]> sections = new TreeMap<>();
      sections.put(
          "weight",
          ByteBuffer.allocate(17)
              .putDouble(weight)
              .putLong(examples)
              .put((byte) (paused ? 1 : 0))
              .array());
      for (int i = 0; i < examples % 3; i++) {
        sections.put("buffer/" + i, new byte[] {(byte) examples});
      }
      return sections;
    }

    private void read(SortedMap<String, byte[]> sections) {
      ByteBuffer weights = ByteBuffer.wrap(sections.get("weight"));
      weight = weights.getDouble();
      examples = weights.getLong();
      paused = weights.get() == 1;
      if (sections.size() != 1 + examples % 3) {
        throw new IllegalStateException(adapterId + ": stale sections " + sections.keySet());
      }
    }

    @Override
    public long bytes() {
      return 100;
    }

    @Override
    public long heapBytes() {
      return 1000;
    }

    @Override
    public void close() {
      OPEN.decrementAndGet();
    }

    private StepReport report(TokenizedExample example) {
      return StepReport.newBuilder()
          .setAdapterId(adapterId)
          .setStep(examples / BATCH)
          .setExamples(BATCH)
          .setTokens(BATCH * example.tokens().length)
          .setTotalExamples(examples)
          .setEventTime(Instant.ofEpochMilli(example.eventTime()))
          .setLoss(weight)
          .setGradientNorm(0)
          .setLearningRate(1)
          .setLabels(1)
          .setOutcome(StepOutcome.TRAINED)
          .setOffsets(
              List.of(
                  new OffsetRange(
                      example.topic(),
                      example.partition(),
                      example.offset() - 1,
                      example.offset() + 1)))
          .build();
    }

    private TrainingEvent due(String trigger) {
      float[] values = {(float) weight};
      MergedFactor factor = new MergedFactor("encoder.query", 1, 1, 1, values, values);
      return new TrainingEvent.SnapshotDue(
          new MergedAdapter(List.of(factor), null),
          new MergeFidelity("exact", 0, 0, 0.0, 1.0, 0.0, 0.0),
          List.of(),
          examples / BATCH,
          examples,
          examples,
          0,
          0,
          0,
          List.of(),
          0,
          trigger,
          "11".repeat(32));
    }
  }
}
