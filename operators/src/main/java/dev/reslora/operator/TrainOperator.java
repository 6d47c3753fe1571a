package dev.reslora.operator;

import dev.reslora.schema.ForkId;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.IncompatibleStateException;
import dev.reslora.training.TrainingEvent;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.Deleted;
import dev.reslora.training.TrainingEvent.Forked;
import dev.reslora.training.TrainingEvent.LabelRefused;
import dev.reslora.training.TrainingEvent.Labelled;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import dev.reslora.training.TrainingEvent.Stepped;
import dev.reslora.training.TrainingEvent.Waits;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The train stage, keyed by adapter id, commands to a fork by the adapter that it was. Candidates
 * that the gate lets pass go on to the publish stage; step reports, events and refusals to side
 * outputs.
 *
 * <p>An operator of its own and no process function, for its live tensors are a cache of keyed
 * state and only an operator may write other keys than the current one: all adapters that changed,
 * when a checkpoint is taken. That happens in {@code snapshotState}, after the barrier has gone
 * downstream and before the state is copied, so that writing delays this subtask alone.
 *
 * <p>A step runs on the task's thread: a barrier waits for it at most that long, and the adapter is
 * never seen in the middle of one.
 *
 * <p>Where adapters train together, full micro-batches wait for each other: until there are enough
 * of them, one of their adapters is wanted for something else, a checkpoint is taken, or {@value
 * #WAIT_MILLIS} ms have passed. That is the one place where a clock has a say in what is learned.
 */
public final class TrainOperator extends AbstractStreamOperator<PublishRequest>
    implements OneInputStreamOperator<TrainingInput, PublishRequest> {

  /** Step reports, to the metrics topic. */
  public static final OutputTag<StepReport> REPORTS =
      new OutputTag<>("step-reports", new AvroTypeInfo<>(StepReport.class));

  /** What else happened to adapters, to the metrics topic. */
  public static final OutputTag<AdapterEvent> EVENTS =
      new OutputTag<>("adapter-events", new AvroTypeInfo<>(AdapterEvent.class));

  private static final long WAIT_MILLIS = 100;

  /** Commands about what an adapter has learned. */
  private static final Set<AdapterCommand> NEED_A_PAST =
      Set.of(
          AdapterCommand.PUBLISH,
          AdapterCommand.ROLL_BACK,
          AdapterCommand.DELETE,
          AdapterCommand.FORK);

  private static final RejectedRecords REJECTIONS = new RejectedRecords(RejectedRecords.MAX_KEY);

  private final TrainPlan plan;
  private final AdapterSessions.Factory factory;

  private transient @Nullable MapState<String, byte[]> state;
  private transient @Nullable Stage stage;

  /** When the micro-batches that wait are trained at the latest. */
  private transient @Nullable ScheduledFuture<?> latest;

  public TrainOperator(TrainPlan plan) {
    this(plan, new TrainerSessions.Opening(plan.trainer(), plan.startFrom()));
  }

  TrainOperator(TrainPlan plan, AdapterSessions.Factory factory) {
    this.plan = plan;
    this.factory = factory;
  }

  /** What there is between open and close. */
  private record Stage(
      LiveAdapters adapters,
      DueAdapters due,
      SnapshotCandidates candidates,
      TrainMetrics metrics,
      RejectionCounters rejections) {}

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    state = context.getKeyedStateStore().getMapState(AdapterStore.DESCRIPTOR);
  }

  @Override
  public void open() throws Exception {
    super.open();
    AdapterSessions sessions = openSessions();
    LiveAdapters adapters =
        new LiveAdapters(
            sessions,
            new AdapterStore(Objects.requireNonNull(state)),
            this::setCurrentKey,
            new LiveAdapters.Bounds(plan.liveBytes(), plan.liveHeapBytes()));
    stage =
        new Stage(
            adapters,
            new DueAdapters(plan.trainer().together(), plan.trainer().training().batchTokens()),
            candidates(sessions),
            new TrainMetrics(getMetricGroup(), plan.metrics(), adapters),
            new RejectionCounters(getMetricGroup()));
  }

  private AdapterSessions openSessions() {
    try {
      return factory.open(TrainingDevice.choose(plan.trainer().device(), getRuntimeContext()));
    } catch (IllegalArgumentException | UncheckedIOException e) {
      // A model or an option that does not fit is the same at the next attempt.
      throw new SuppressRestartsException(e);
    }
  }

  private SnapshotCandidates candidates(AdapterSessions sessions) {
    return new SnapshotCandidates(
        sessions.baseModelName(),
        sessions.baseModelDigest(),
        plan.codeVersion(),
        plan.trainer().adapter().shortcut());
  }

  @Override
  public void processElement(StreamRecord<TrainingInput> element) throws Exception {
    TrainingInput input = element.getValue();
    Stage stage = stage();
    try {
      if (stage.due().contains(input.adapterId())) {
        trainDue(stage);
      }
      TokenizedExample example = input.example();
      LateLabel label = input.label();
      if (example != null) {
        take(stage, example.adapterId(), adapter -> adapter.offer(example));
      } else if (label != null) {
        take(stage, label.adapterId(), adapter -> adapter.offer(label));
      } else if (input.command() != null) {
        obey(stage, input.command());
      }
      if (stage.adapters().full()) {
        trainDue(stage);
      }
      stage.adapters().settle(input.adapterId());
    } catch (IncompatibleStateException e) {
      // The state is the same at the next attempt.
      throw new SuppressRestartsException(e);
    }
  }

  private void take(
      Stage stage, String adapterId, Function<AdapterSession, List<TrainingEvent>> offer)
      throws Exception {
    AdapterSession adapter = stage.adapters().touch(adapterId);
    work(stage, adapterId, () -> offer.apply(adapter));
    awaitOthers(stage, adapterId, adapter);
  }

  private void work(Stage stage, String adapterId, Supplier<List<TrainingEvent>> work)
      throws Exception {
    long before = System.nanoTime();
    List<TrainingEvent> events = work.get();
    emit(stage, adapterId, events, System.nanoTime() - before);
  }

  /** Lets the adapter's micro-batch, if one is full, wait for others'. */
  private void awaitOthers(Stage stage, String adapterId, AdapterSession adapter) throws Exception {
    long tokens = adapter.dueTokens();
    if (tokens == 0) {
      return;
    }
    if (!stage.due().takes(tokens)) {
      trainDue(stage);
    }
    if (stage.due().isEmpty()) {
      ProcessingTimeService time = getProcessingTimeService();
      latest =
          time.registerTimer(time.getCurrentProcessingTime() + WAIT_MILLIS, now -> trainDue(stage));
    }
    stage.due().add(adapterId, adapter);
    if (stage.due().full()) {
      trainDue(stage);
    }
  }

  /** Trains all micro-batches that wait, in one pass. The key stays. */
  private void trainDue(Stage stage) throws Exception {
    if (stage.due().isEmpty()) {
      return;
    }
    if (latest != null) {
      latest.cancel(false);
    }
    Object key = getCurrentKey();
    Map<String, AdapterSession> due = stage.due().drain();
    long before = System.nanoTime();
    List<List<TrainingEvent>> events = stage.adapters().trainTogether(List.copyOf(due.values()));
    long rest = System.nanoTime() - before - stepNanos(events.stream().flatMap(List::stream));
    stage.metrics().together(due.size());
    Iterator<List<TrainingEvent>> each = events.iterator();
    for (String adapterId : due.keySet()) {
      emitted(stage, adapterId, each.next(), rest);
    }
    for (String adapterId : due.keySet()) {
      stage.adapters().settle(adapterId);
    }
    setCurrentKey(key);
  }

  private void obey(Stage stage, TrainingInput.Command command) throws Exception {
    AdapterControl control = command.control();
    String adapterId = control.getAdapterId();
    if (control.getCommand() == AdapterCommand.UNKNOWN) {
      refuse(
          stage,
          command,
          RejectionReason.UNKNOWN_COMMAND,
          "expected a command of this release, found one of another");
    } else if (ForkId.parse(adapterId).isPresent()) {
      fork(stage, command);
    } else if (NEED_A_PAST.contains(control.getCommand()) && !stage.adapters().exists(adapterId)) {
      refuse(
          stage,
          command,
          RejectionReason.UNKNOWN_ADAPTER,
          "the adapter has trained on nothing yet");
    } else {
      AdapterSession adapter = commanded(stage, command);
      if (adapter != null) {
        work(stage, adapterId, () -> adapter.obey(control));
      }
    }
  }

  /** A fork has nothing here: all that can be done is to retire what was published of it. */
  private void fork(Stage stage, TrainingInput.Command command) {
    AdapterControl control = command.control();
    if (control.getCommand() != AdapterCommand.DELETE) {
      refuse(stage, command, RejectionReason.INVALID_FIELD, "a fork can be deleted, no more");
      return;
    }
    AdapterEvent answer =
        AdapterEvent.newBuilder()
            .setAdapterId(control.getAdapterId())
            .setKind(AdapterEventKind.COMMAND_DONE)
            .setStep(0)
            .setTotalExamples(0)
            .setEventTime(control.getEventTime())
            .setCause(control.getCommandId())
            .setMessage("DELETE: of a fork; its versions are retired, if there are any")
            .build();
    stage.metrics().announced(answer);
    output.collect(EVENTS, new StreamRecord<>(answer));
    PublishRequest deletion = PublishRequest.deletion(control.getAdapterId());
    output.collect(new StreamRecord<>(deletion, System.currentTimeMillis()));
  }

  /** The adapter of a command, begun with the command's options if it is new. */
  private @Nullable AdapterSession commanded(Stage stage, TrainingInput.Command command)
      throws Exception {
    AdapterOverrides overrides;
    try {
      overrides = AdapterOverrides.of(command.control().getOptions());
    } catch (IllegalArgumentException e) {
      refuse(stage, command, RejectionReason.INVALID_FIELD, String.valueOf(e.getMessage()));
      return null;
    }
    return stage.adapters().touch(command.control().getAdapterId(), overrides);
  }

  private void refuse(
      Stage stage, TrainingInput.Command command, RejectionReason reason, String message) {
    refuse(stage, REJECTIONS.train(command.origin(), command.control(), reason, message));
  }

  private void refuse(Stage stage, RejectedRecord record) {
    stage.rejections().count(record.getReason());
    output.collect(RejectedRecords.OUTPUT, new StreamRecord<>(record));
  }

  /**
   * @param nanos what the events took, all together; what no step took, a snapshot did
   */
  private void emit(Stage stage, String adapterId, List<TrainingEvent> events, long nanos)
      throws Exception {
    emitted(stage, adapterId, events, nanos - stepNanos(events.stream()));
  }

  private static long stepNanos(Stream<TrainingEvent> events) {
    return events
        .mapToLong(event -> event instanceof Stepped stepped ? stepped.cost().nanos() : 0)
        .sum();
  }

  /**
   * @param rest nanoseconds that snapshots took
   */
  private void emitted(Stage stage, String adapterId, List<TrainingEvent> events, long rest)
      throws Exception {
    boolean merges = false;
    for (TrainingEvent event : events) {
      if (event instanceof Stepped stepped) {
        stage.metrics().stepped(stepped.report(), stepped.cost());
        output.collect(REPORTS, new StreamRecord<>(stepped.report()));
      } else if (event instanceof Refused refused) {
        refuse(stage, REJECTIONS.train(refused.example(), refused.reason(), refused.message()));
      } else if (event instanceof LabelRefused refused) {
        refuse(stage, REJECTIONS.train(refused.label(), refused.reason(), refused.message()));
      } else if (event instanceof Waits) {
        stage.metrics().waits();
      } else if (event instanceof Labelled labelled) {
        stage.metrics().labelled(labelled.use());
      } else if (event instanceof Announced announced) {
        stage.metrics().announced(announced.event());
        output.collect(EVENTS, new StreamRecord<>(announced.event()));
      } else if (event instanceof Forked forked) {
        merges = true;
        publish(stage.candidates().from(forked.fork().toString(), forked.version()), rest);
      } else if (event instanceof SnapshotDue due) {
        merges = true;
        publish(stage.candidates().from(adapterId, due), rest);
      } else if (event instanceof Deleted) {
        stage.adapters().delete(adapterId);
        PublishRequest deletion = PublishRequest.deletion(adapterId);
        output.collect(new StreamRecord<>(deletion, System.currentTimeMillis()));
      }
    }
    if (merges) {
      stage.metrics().merged(rest);
    }
  }

  /**
   * @param nanos since it fell due, which in the end is the timestamp of the version's records
   */
  private void publish(Snapshot candidate, long nanos) {
    long millis = System.currentTimeMillis() - nanos / 1_000_000;
    output.collect(new StreamRecord<>(PublishRequest.of(candidate), millis));
  }

  /** What training together emits has to be on this side of the barrier. */
  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    trainDue(stage());
    super.prepareSnapshotPreBarrier(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    trainDue(stage());
    super.finish();
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    long before = System.nanoTime();
    stage().adapters().flush();
    stage().metrics().flushed(System.nanoTime() - before);
    super.snapshotState(context);
  }

  @Override
  public void close() throws Exception {
    Stage closing = stage;
    stage = null;
    IOUtils.closeAll(closing == null ? null : closing.adapters(), super::close);
  }

  private Stage stage() {
    return Objects.requireNonNull(stage, "not open");
  }
}
