package dev.reslora.training;

import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.evaluation.DriftConfig.Reaction;
import dev.reslora.evaluation.DriftDetector;
import dev.reslora.evaluation.Figures;
import dev.reslora.evaluation.Prediction;
import dev.reslora.evaluation.Prequential;
import dev.reslora.schema.avro.PrequentialFigures;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What guards one adapter's learning, all of it a function of its examples in order and all of it
 * in its state: figures, admission, drift, replay, gate, anchor examples.
 */
final class Guards {

  /** Of a replayed example, how much less it counts in the forgetting with every one after it. */
  private static final double FADING = 0.99;

  private static final String SOURCES = "guards.sources";
  private static final String BESIDE = "guards.beside-baseline";

  private final GuardConfig config;
  private final Prequential adapter;
  private final Prequential baseline;

  /** The adapter on what the baseline was asked, which is not every micro-batch. */
  private final Prequential beside;

  private final Admission admission;
  private final Reservoir reservoir;
  private final Gate gate;
  private final AnchorWatch anchors;
  private final @Nullable DriftDetector drift;
  private double replayed;
  private double forgotten;
  private long raisedUntil;
  private double learningRate;

  private Guards(
      GuardConfig config,
      Prequential adapter,
      Prequential baseline,
      Prequential beside,
      Admission admission,
      Reservoir reservoir,
      Gate gate,
      AnchorWatch anchors) {
    this.config = config;
    this.adapter = adapter;
    this.baseline = baseline;
    this.beside = beside;
    this.admission = admission;
    this.reservoir = reservoir;
    this.gate = gate;
    this.anchors = anchors;
    this.drift = config.drift().detector() == Detector.NONE ? null : config.drift().open();
  }

  /** Of an adapter that begins. */
  static Guards fresh(GuardConfig config, long seed, AnchorFile anchors) {
    return new Guards(
        config,
        figures(config),
        figures(config),
        figures(config),
        new Admission(config.admission()),
        new Reservoir(config.replay(), seed),
        new Gate(config.gate()),
        new AnchorWatch(anchors));
  }

  Admission admission() {
    return admission;
  }

  Gate gate() {
    return gate;
  }

  AnchorWatch anchors() {
    return anchors;
  }

  /** Takes what the adapter said to new examples, in order; whether there is drift. */
  boolean judged(List<Prediction> predictions) {
    boolean drifts = false;
    for (Prediction prediction : predictions) {
      adapter.add(prediction);
      admission.lost(prediction.loss());
      drifts |= drift != null && drift.rises(config.drift().signal().of(prediction));
    }
    return drifts;
  }

  /** Takes what the frozen baseline said to new examples, and the adapter to the same ones. */
  void judgedBeside(List<Prediction> frozen, List<Prediction> predictions) {
    frozen.forEach(baseline::add);
    predictions.forEach(beside::add);
  }

  /** Begins the reactions to a drift that concern later steps. */
  void react(long step) {
    if (reacts(Reaction.RAISE_LEARNING_RATE) || reacts(Reaction.RENEW_REPLAY)) {
      raisedUntil = step + config.drift().rateSteps();
    }
    if (reacts(Reaction.RENEW_HOLDOUT)) {
      gate.renewHoldout();
    }
  }

  boolean reacts(Reaction reaction) {
    return config.drift().reactions().contains(reaction);
  }

  String detector() {
    return config.drift().detector().label();
  }

  String signal() {
    return config.drift().signal().label();
  }

  /** What is done about drift, for a person. */
  String reactions() {
    List<String> names = config.drift().reactions().stream().map(Reaction::label).toList();
    return names.isEmpty() ? "nothing follows" : String.join(", ", names);
  }

  /** Sets the peak learning rate for all steps to come; by command. */
  void setLearningRate(double rate) {
    learningRate = rate;
  }

  /** Factor of the configured learning rates at the step after this many. */
  double rateFactor(long steps, double configured) {
    double commanded = learningRate == 0 ? 1 : learningRate / configured;
    boolean raised = steps < raisedUntil && reacts(Reaction.RAISE_LEARNING_RATE);
    return raised ? commanded * config.drift().rateFactor() : commanded;
  }

  /** The past that is trained on with the n-th micro-batch. */
  List<Reservoir.Kept> replay(long number) {
    return reservoir.draw(config.replay().examples(), number);
  }

  /** Takes what the adapter said to replayed examples. */
  void replayed(List<Reservoir.Kept> past, List<Prediction> now) {
    for (int i = 0; i < past.size(); i++) {
      replayed = FADING * replayed + 1;
      forgotten = FADING * forgotten + past.get(i).forgotten(now.get(i).loss());
    }
  }

  /** Before a batch's examples are kept: makes room for what their labels mean now. */
  void renewReplay(boolean drifts, long steps, List<TokenizedExample> examples) {
    if (reacts(Reaction.RENEW_REPLAY) && (drifts || steps < raisedUntil)) {
      reservoir.forget(examples);
    }
  }

  /** Takes an example that was trained on. */
  void learned(TokenizedExample example, double loss) {
    if (config.replay().examples() > 0) {
      reservoir.offer(example, loss);
    }
  }

  /** What was learned under this id was wrong. */
  void forget(String id) {
    reservoir.forget(id);
  }

  /** Mean rise of the loss of replayed examples above its lowest, nats; NaN where there is none. */
  double forgetting() {
    return forgotten / replayed;
  }

  /**
   * Accuracy above the frozen baseline's on the newest examples that both were asked; NaN where
   * there are none, and while a state of before they were told apart has more of the baseline's.
   */
  double advantage() {
    Figures own = beside.window();
    Figures frozen = baseline.window();
    return own.examples() == frozen.examples() ? own.accuracy() - frozen.accuracy() : Double.NaN;
  }

  /** Adds the figures to a step's report. */
  void report(StepReport report, int quarantined, int past) {
    report.setFaded(figures(adapter.faded()));
    report.setWindow(figures(adapter.window()));
    report.setBaselineWindow(figures(baseline.window()));
    report.setQuarantined(quarantined);
    report.setReplayed(past);
    report.setForgetting(known(forgetting()));
    anchors.report(report);
  }

  private static @Nullable PrequentialFigures figures(Figures figures) {
    return figures.examples() == 0
        ? null
        : new PrequentialFigures(
            figures.examples(),
            figures.loss(),
            known(figures.accuracy()),
            known(figures.macroF1()),
            known(figures.calibrationError()));
  }

  static @Nullable Double known(double figure) {
    return Double.isNaN(figure) ? null : (Double) figure;
  }

  long heapBytes() {
    return adapter.heapBytes()
        + baseline.heapBytes()
        + beside.heapBytes()
        + admission.heapBytes()
        + reservoir.heapBytes()
        + gate.heapBytes()
        + anchors.heapBytes();
  }

  void write(Sections sections) {
    sections.put("guards.adapter", adapter::write);
    sections.put("guards.baseline", baseline::write);
    sections.put(BESIDE, beside::write);
    sections.put("guards.admission", admission::write);
    if (!admission.sources().isEmpty()) {
      sections.put(SOURCES, admission.sources()::write);
    }
    sections.put("guards.reservoir", reservoir::write);
    gate.write(sections);
    anchors.write(sections);
    if (drift != null) {
      sections.put(driftSection(), drift::write);
    }
    sections.put("guards.progress", this::writeProgress);
  }

  /** The guards that were written; fresh where a state is older than they are. */
  static Guards read(GuardConfig config, long seed, AnchorFile anchors, Sections sections) {
    if (!sections.has("guards.progress")) {
      return fresh(config, seed, anchors);
    }
    Guards guards =
        new Guards(
            config,
            sections.get("guards.adapter", in -> figures(config, in)),
            sections.get("guards.baseline", in -> figures(config, in)),
            sections.has(BESIDE)
                ? sections.get(BESIDE, in -> figures(config, in))
                : figures(config),
            sections.get("guards.admission", in -> Admission.read(config.admission(), in)),
            sections.get("guards.reservoir", in -> Reservoir.read(config.replay(), seed, in)),
            Gate.read(config.gate(), sections),
            AnchorWatch.read(anchors, sections));
    if (sections.has(SOURCES)) {
      SourceCounts sources = guards.admission.sources();
      sections.get(SOURCES, sources::read);
    }
    DriftDetector drift = guards.drift;
    if (drift != null && sections.has(guards.driftSection())) {
      sections.get(
          guards.driftSection(),
          in -> {
            drift.read(in);
            return drift;
          });
    }
    return sections.get("guards.progress", guards::readProgress);
  }

  /** Drops what was switched off since it was written; the names of it. */
  List<String> dropUnused() {
    List<String> dropped = new ArrayList<>();
    if (gate.dropUnused()) {
      dropped.add("holdout");
    }
    if (config.replay().examples() == 0 && reservoir.size() > 0) {
      reservoir.clear();
      dropped.add("replay");
    }
    return dropped;
  }

  private String driftSection() {
    return "guards.drift." + detector();
  }

  private static Prequential figures(GuardConfig config) {
    return new Prequential(config.fadingFactor(), config.window());
  }

  private static Prequential figures(GuardConfig config, DataInput in) throws IOException {
    return Prequential.read(config.fadingFactor(), config.window(), in);
  }

  private void writeProgress(DataOutput out) throws IOException {
    out.writeDouble(replayed);
    out.writeDouble(forgotten);
    out.writeLong(raisedUntil);
    out.writeDouble(learningRate);
  }

  private Guards readProgress(DataInput in) throws IOException {
    replayed = in.readDouble();
    forgotten = in.readDouble();
    raisedUntil = in.readLong();
    learningRate = in.readDouble();
    return this;
  }
}
