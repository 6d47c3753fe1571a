package dev.reslora.pipeline;

import static dev.reslora.pipeline.ResLoraOptions.*;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.training.AdmissionConfig;
import dev.reslora.training.AnchorSource;
import dev.reslora.training.ForgettingConfig;
import dev.reslora.training.GateConfig;
import dev.reslora.training.GuardConfig;
import dev.reslora.training.LabelsConfig;
import dev.reslora.training.ReplayConfig;
import dev.reslora.training.SourceConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.jspecify.annotations.Nullable;

/** Reads and checks the options of guards, drift, replay, forgetting and gate. */
record GuardReader(Settings settings) {

  GuardConfig guards() {
    return new GuardConfig(
        number(FADING_FACTOR, factor -> factor > 0 && factor <= 1, "a number above 0, at most 1"),
        whole(FIGURES_WINDOW, 1),
        admission(),
        drift(),
        replay(),
        gate(),
        forgetting(),
        labels());
  }

  private LabelsConfig labels() {
    return new LabelsConfig(
        settings.get(LABELS_TIME_OUT, time -> !time.isNegative(), "a duration from 0 ms"),
        settings.get(LABELS_BYTES).getBytes(),
        whole(LABELS_CORRECTIONS, 0));
  }

  private AdmissionConfig admission() {
    return new AdmissionConfig(
        whole(DUPLICATES_WINDOW, 0),
        whole(MIN_TOKENS, 0),
        share(MAX_REPETITION),
        settings.list(LABELS),
        notNegative(OUTLIER_DEVIATIONS),
        new SourceConfig(
            whole(SOURCE_LIMIT, 0),
            settings.get(SOURCE_INTERVAL, time -> time.toMillis() > 0, "a duration from 1 ms"),
            whole(SOURCES, 1)));
  }

  private DriftConfig drift() {
    return new DriftConfig(
        settings.choice(DRIFT_DETECTOR, DriftConfig.Detector.values(), DriftConfig.Detector::label),
        settings.choice(DRIFT_SIGNAL, DriftConfig.Signal.values(), DriftConfig.Signal::label),
        new Adwin.Parameters(
            number(ADWIN_DELTA, delta -> delta > 0 && delta < 1, "a number between 0 and 1"),
            whole(ADWIN_CLOCK, 1),
            whole(ADWIN_MAX_BUCKETS, 2),
            whole(ADWIN_MIN_WINDOW_LENGTH, 1),
            whole(ADWIN_GRACE_PERIOD, 2)),
        new PageHinkley.Parameters(
            whole(PAGE_HINKLEY_MIN_INSTANCES, 1),
            notNegative(PAGE_HINKLEY_DELTA),
            positive(PAGE_HINKLEY_THRESHOLD),
            number(PAGE_HINKLEY_ALPHA, a -> a > 0 && a <= 1, "a number above 0, at most 1")),
        new Ddm.Parameters(whole(DDM_WARM_START, 1), positive(DDM_DRIFT_THRESHOLD)),
        reactions(),
        positive(DRIFT_RATE_FACTOR),
        settings.get(DRIFT_RATE_STEPS, steps -> steps >= 0, "a whole number from 0"));
  }

  private List<DriftConfig.Reaction> reactions() {
    return settings.list(DRIFT_REACTIONS).stream()
        .distinct()
        .sorted()
        .flatMap(name -> reaction(name).stream())
        .toList();
  }

  private Optional<DriftConfig.Reaction> reaction(String name) {
    DriftConfig.Reaction[] all = DriftConfig.Reaction.values();
    Optional<DriftConfig.Reaction> found =
        Arrays.stream(all).filter(reaction -> reaction.label().equals(name)).findFirst();
    if (found.isEmpty()) {
      settings.problem(
          DRIFT_REACTIONS,
          "of "
              + Arrays.stream(all)
                  .map(DriftConfig.Reaction::label)
                  .collect(Collectors.joining(", ")),
          name);
    }
    return found;
  }

  private ReplayConfig replay() {
    return new ReplayConfig(
        settings.choice(REPLAY_POLICY, ReplayConfig.Policy.values(), ReplayConfig.Policy::label),
        settings.get(REPLAY_BYTES).getBytes(),
        whole(REPLAY_EXAMPLES, 0),
        positive(REPLAY_HALF_LIFE));
  }

  private ForgettingConfig forgetting() {
    return new ForgettingConfig(
        notNegative(L2_SP),
        notNegative(L2_SP_HEAD),
        settings.choice(ANCHOR, ForgettingConfig.Anchor.values(), ForgettingConfig.Anchor::label),
        notNegative(EWC),
        share(EWC_DECAY),
        boundary(),
        notNegative(KL),
        teacher());
  }

  private ForgettingConfig.Teacher teacher() {
    ForgettingConfig.Teacher teacher =
        settings.choice(KL_TO, ForgettingConfig.Teacher.values(), ForgettingConfig.Teacher::label);
    if (teacher == ForgettingConfig.Teacher.BASE && settings.get(BASELINE_EVERY) == 0) {
      settings.problem(KL_TO, "published, for " + BASELINE_EVERY.key() + " is 0", teacher.label());
    }
    return teacher;
  }

  private ForgettingConfig.Boundary boundary() {
    ForgettingConfig.Boundary at =
        settings.choice(
            EWC_AT, ForgettingConfig.Boundary.values(), ForgettingConfig.Boundary::label);
    if (at == ForgettingConfig.Boundary.DRIFT
        && settings.get(DRIFT_DETECTOR).equals(DriftConfig.Detector.NONE.label())) {
      settings.problem(EWC_AT, "published, for " + DRIFT_DETECTOR.key() + " is none", at.label());
    }
    return at;
  }

  private GateConfig gate() {
    int every = whole(GATE_HOLDOUT_EVERY, 0);
    if (every == 1) {
      settings.problem(GATE_HOLDOUT_EVERY, "0, or a whole number from 2: 1 leaves nothing", every);
    }
    return new GateConfig(
        every,
        whole(GATE_HOLDOUT_EXAMPLES, 1),
        number(GATE_LIMIT, limit -> limit > 0 && limit < 1, "a number between 0 and 1"),
        number(GATE_ALPHA, alpha -> alpha > 0 && alpha < 1, "a number between 0 and 1"),
        settings.get(GATE_MIN_EXAMPLES, count -> count >= 0, "a whole number from 0"),
        share(GATE_BASELINE_MARGIN),
        notNegative(GATE_MAX_FORGETTING),
        maxAnchorRise(),
        notNegative(GATE_MAX_KL),
        settings.get(GATE_ROLLBACK));
  }

  private double maxAnchorRise() {
    double limit = notNegative(GATE_MAX_ANCHOR_RISE);
    if (limit > 0 && settings.optional(ANCHOR_FILE) == null) {
      settings.problem(GATE_MAX_ANCHOR_RISE, "0, for " + ANCHOR_FILE.key() + " is not set", limit);
    }
    return limit;
  }

  /** Examples whose loss is watched, if any. */
  @Nullable AnchorSource anchor() {
    String file = settings.optional(ANCHOR_FILE);
    long every = settings.get(ANCHOR_EVERY_STEPS, steps -> steps >= 0, "a whole number from 0");
    return file == null ? null : new AnchorSource(file, settings.get(MAX_TOKENS), every);
  }

  private int whole(ConfigOption<Integer> option, int least) {
    return settings.get(option, value -> value >= least, "a whole number from " + least);
  }

  private double share(ConfigOption<Double> option) {
    return number(option, share -> share >= 0 && share <= 1, "a number from 0 to 1");
  }

  private double positive(ConfigOption<Double> option) {
    return number(option, value -> value > 0, "a number above 0");
  }

  private double notNegative(ConfigOption<Double> option) {
    return number(option, value -> value >= 0, "0 or a number above");
  }

  private double number(ConfigOption<Double> option, Predicate<Double> accepts, String expected) {
    return settings.get(option, value -> Double.isFinite(value) && accepts.test(value), expected);
  }
}
