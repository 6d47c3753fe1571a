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
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
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
 */
public final class TrainOperator extends AbstractStreamOperator<PublishRequest>
    implements OneInputStreamOperator<TrainingInput, PublishRequest> {

  /** Step reports, to the metrics topic. */
  public static final OutputTag<StepReport> REPORTS =
      new OutputTag<>("step-reports", new AvroTypeInfo<>(StepReport.class));

  /** What else happened to adapters, to the metrics topic. */
  public static final OutputTag<AdapterEvent> EVENTS =
      new OutputTag<>("adapter-events", new AvroTypeInfo<>(AdapterEvent.class));

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
      if (input.example() != null) {
        train(stage, input.example());
      } else if (input.label() != null) {
        label(stage, input.label());
      } else if (input.command() != null) {
        obey(stage, input.command());
      }
      stage.adapters().settle(input.adapterId());
    } catch (IncompatibleStateException e) {
      // The state is the same at the next attempt.
      throw new SuppressRestartsException(e);
    }
  }

  private void train(Stage stage, TokenizedExample example) throws Exception {
    AdapterSession adapter = stage.adapters().touch(example.adapterId());
    long before = System.nanoTime();
    List<TrainingEvent> events = adapter.offer(example);
    emit(stage, example.adapterId(), events, System.nanoTime() - before);
  }

  private void label(Stage stage, LateLabel label) throws Exception {
    AdapterSession adapter = stage.adapters().touch(label.adapterId());
    long before = System.nanoTime();
    List<TrainingEvent> events = adapter.offer(label);
    emit(stage, label.adapterId(), events, System.nanoTime() - before);
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
        long before = System.nanoTime();
        List<TrainingEvent> events = adapter.obey(control);
        emit(stage, adapterId, events, System.nanoTime() - before);
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
    long rest = nanos;
    boolean merges = false;
    for (TrainingEvent event : events) {
      if (event instanceof Stepped stepped) {
        rest -= stepped.cost().nanos();
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
