package dev.reslora.training;

import dev.reslora.model.BaseModel;
import dev.reslora.model.Digests;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Bfloat16;
import dev.reslora.nn.Handover;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.LoraAdapter;
import dev.reslora.reslora.LoraStart;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.Merger;
import dev.reslora.reslora.ResLoraConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training thread's way to the shared base model: opens adapters and restores them. Not
 * thread-safe; one a subtask, used on the thread that opened it.
 */
public final class Trainer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  private final TrainerConfig config;
  private final BaseModels.Lease lease;
  private final ResLoraConfig adapter;
  private final Merge merge;
  private final Learner.Settings adapterSettings;
  private final Learner.Settings baselineSettings;
  private final @Nullable Start start;
  private final AnchorFile anchors;

  /**
   * What new adapters begin with.
   *
   * @param labels of the head's rows
   * @param params factors and head
   * @param digest of the files they came from
   */
  private record Start(List<String> labels, float[] params, String digest) {}

  private Trainer(TrainerConfig config, @Nullable LoraAdapter start, BaseModels.Lease lease) {
    this.config = config;
    this.lease = lease;
    this.anchors = AnchorFile.read(config.anchor(), Path.of(config.modelDirectory()));
    BaseModel base = lease.base();
    TrainingConfig training = config.training();
    this.adapter = config.adapter().orTargets(base.config().defaultTargets());
    this.merge = Merger.settle(training.merge(), adapter.shortcut());
    AdapterShape shape = AdapterShape.of(adapter, base.projections(), base.pooled());
    Merger.checkRanks(shape, merge);
    warnOfPoorMerges(shape);
    warnOfEmulation();
    this.start = start == null ? null : start(shape, start);
    this.adapterSettings =
        settings(shape, training.accumulation(), adapter.dropout(), config.guards().forgetting());
    AdapterShape frozen = new AdapterShape(adapter, AdapterPlan.frozen(base.pooled()), new int[0]);
    this.baselineSettings = settings(frozen, 1, 0, ForgettingConfig.OFF);
  }

  private Start start(AdapterShape shape, LoraAdapter adapter) {
    String digest = adapter.baseModelDigest();
    if (digest != null && !digest.equals(baseModelDigest())) {
      throw LoraAdapter.misfit("base model " + baseModelDigest(), digest);
    }
    ClassifierHead head = adapter.head();
    if (head != null) {
      check(head);
    }
    return new Start(
        head == null ? List.of() : head.labels(),
        LoraStart.params(shape, adapter, base().config().hidden()),
        adapter.digest());
  }

  private void check(ClassifierHead head) {
    TrainingConfig training = config.training();
    if (base().config().generates()) {
      throw LoraAdapter.misfit(
          "no classifier, for the base model writes", "one of " + head.labels());
    }
    if (!head.pooling().equals(training.pooling().label())) {
      throw LoraAdapter.misfit(
          "reslora.model.pooling " + training.pooling().label(), head.pooling());
    }
    if (head.labels().size() > training.maxLabels()
        || Set.copyOf(head.labels()).size() < head.labels().size()) {
      throw LoraAdapter.misfit(
          "up to %d different labels".formatted(training.maxLabels()), head.labels().toString());
    }
  }

  private static void warnOfPoorMerges(AdapterShape shape) {
    List<String> poor = shape.poorlyMerged();
    if (!poor.isEmpty()) {
      LOG.warn(
          "The {} shortcut of {} will merge poorly: what such projections read in one layer says"
              + " little of what they read in the next. Leave them out of the target modules, or"
              + " use the block shortcut, and look at each snapshot's layers",
          shape.config().shortcut().label(),
          poor);
    }
  }

  private void warnOfEmulation() {
    if (config.training().precision() == Precision.BFLOAT16
        && Bfloat16.of(config.device()) == Bfloat16.EMULATED) {
      LOG.warn(
          "This CPU has no instructions for bfloat16: reslora.model.precision float32 trains"
              + " several times faster here");
    }
  }

  private Learner.Settings settings(
      AdapterShape shape, int accumulation, double dropout, ForgettingConfig forgetting) {
    TrainingConfig training = config.training();
    AdamW optimizer =
        new AdamW(
            training.beta1(),
            training.beta2(),
            training.epsilon(),
            training.weightDecay(),
            training.clipNorm());
    return new Learner.Settings(
        shape,
        shape.plan().arguments(),
        optimizer,
        training.schedule(),
        new AdamW.Rates(training.learningRate(), training.headLearningRate()),
        accumulation,
        dropout,
        forgetting);
  }

  /**
   * Opens the base model on the device, or joins the one already open in this process.
   *
   * @throws IllegalArgumentException naming option, expectation and finding
   * @throws java.io.UncheckedIOException when the model directory cannot be read
   */
  public static Trainer open(TrainerConfig config) {
    return open(config, null);
  }

  /**
   * The same, whose new adapters begin with what another has learned.
   *
   * @throws IllegalArgumentException also when that does not fit the configuration
   */
  public static Trainer open(TrainerConfig config, @Nullable LoraAdapter start) {
    Torch.useThreads(config.threads());
    TrainingConfig training = config.training();
    BaseModels.Lease lease =
        BaseModels.lease(
            Path.of(config.modelDirectory()),
            config.device(),
            new BaseModel.Variant(
                training.pooling() == Pooling.CLS,
                training.precision() == Precision.BFLOAT16,
                config.recompute()));
    return Handover.to(() -> new Trainer(config, start, lease), lease::close);
  }

  TrainerConfig config() {
    return config;
  }

  BaseModel base() {
    return lease.base();
  }

  /** The merge of this configuration's snapshots. */
  Merge merge() {
    return merge;
  }

  /** SHA-256, hex, of the base model's weights and configuration. */
  public String baseModelDigest() {
    return base().digest();
  }

  /** Name of the base model. */
  public String baseModelName() {
    return base().name();
  }

  /** SHA-256, hex, of the configuration that decides what an adapter with these options learns. */
  String configDigest(AdapterOverrides overrides) {
    return overrides.digest(configDigest());
  }

  String configDigest() {
    String decisive =
        adapter
            + "\n"
            + config.training()
            + "\n"
            + config.snapshots()
            + "\n"
            + config.guards()
            + (start == null ? "" : "\n" + start.digest())
            + (anchors.examples().isEmpty() ? "" : "\n" + anchors.digest())
            + (config.together() == 1 ? "" : "\ntogether " + config.together());
    return Digests.hex(decisive.getBytes(StandardCharsets.UTF_8));
  }

  /** What learns in a new adapter. */
  Learner learner(long adapterSeed) {
    return Learner.create(base(), adapterSettings, adapterSeed);
  }

  /** A learner of an adapter's numbers at some step. */
  Learner learner(Gate.Version version) {
    return Learner.of(base(), adapterSettings, version.labels(), version.params());
  }

  /** A new adapter: A random, B = 0, or what it is to begin with. */
  public AdapterTraining create(String adapterId) {
    return create(adapterId, AdapterOverrides.NONE);
  }

  /** The same with options of its own. */
  public AdapterTraining create(String adapterId, AdapterOverrides overrides) {
    TrainerConfig own = overrides.on(config);
    long seed = Seeds.of(own.training().seed(), adapterId);
    AdapterState state = new AdapterState(overrides);
    Guards guards = Guards.fresh(own.guards(), seed, anchors);
    Learner learner;
    if (start == null) {
      learner = learner(seed);
    } else {
      start.labels().forEach(state.labels::row);
      learner = Learner.of(base(), adapterSettings, start.labels().size(), start.params());
    }
    return training(
        adapterId, state, learner.held(), guards, () -> judged() ? freshBaseline(seed) : null);
  }

  private AdapterTraining training(
      String adapterId,
      AdapterState state,
      Learner learner,
      Guards guards,
      Supplier<@Nullable Baseline> baseline) {
    return Handover.to(
        () -> new AdapterTraining(this, adapterId, state, learner, baseline.get(), guards),
        learner::close);
  }

  private Baseline freshBaseline(long seed) {
    return Baseline.fresh(Learner.create(base(), baselineSettings, seed), baselineConfig());
  }

  /**
   * The adapter that {@link AdapterTraining#checkpoint()} wrote, without the examples that guards
   * kept which are switched off now.
   *
   * @throws IncompatibleStateException when the state is of another shape, links or base model
   */
  public AdapterTraining restore(String adapterId, SortedMap<String, byte[]> stored) {
    Sections sections = new Sections(stored);
    identity().check(adapterId, StateIdentity.read(adapterId, sections));
    TrainerConfig own = AdapterState.overrides(sections).on(config);
    long seed = Seeds.of(own.training().seed(), adapterId);
    AdapterState state = AdapterState.read(sections);
    Guards guards = Guards.read(own.guards(), seed, anchors, sections);
    List<String> dropped = guards.dropUnused();
    if (own.guards().labels().corrections() == 0 && !state.correctable.isEmpty()) {
      state.correctable = new ExamplesById();
      dropped.add("correctable labels");
    }
    Learner learner = Learner.read(base(), adapterSettings, sections, "adapter");
    AdapterTraining training =
        training(adapterId, state, learner, guards, () -> baseline(sections, seed));
    if (dropped.isEmpty()) {
      return training.unchanged();
    }
    // It differs from what is stored and will be written, so this is said once.
    LOG.info("Adapter {}: {} switched off, its state is dropped", adapterId, dropped);
    return training;
  }

  /** A baseline that was switched on later begins with this restart. */
  private @Nullable Baseline baseline(Sections sections, long seed) {
    if (!judged()) {
      return null;
    }
    if (!sections.has("baseline")) {
      return freshBaseline(seed);
    }
    return Baseline.read(
        Learner.read(base(), baselineSettings, sections, "baseline"), baselineConfig(), sections);
  }

  private boolean judged() {
    return baselineConfig().every() > 0;
  }

  /** A language model's baseline has no head that would have to learn first. */
  private BaselineConfig baselineConfig() {
    BaselineConfig baseline = config.training().baseline();
    return base().config().generates() ? new BaselineConfig(baseline.every(), 0) : baseline;
  }

  StateIdentity identity() {
    return StateIdentity.of(
        baseModelDigest(),
        base().config().generates(),
        config.training().pooling(),
        adapterSettings.shape().identity());
  }

  @Override
  public void close() {
    adapterSettings.arguments().close();
    baselineSettings.arguments().close();
    lease.close();
  }
}
