package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.bench.GuardTrial.Result;
import dev.reslora.pipeline.bench.GuardTrial.Tested;
import dev.reslora.pipeline.bench.MadeStream.Scenario;
import dev.reslora.pipeline.bench.MadeStream.Sentence;
import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.schema.RejectedException;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the guards are worth: frozen, plain and guarded learning of made streams and of the mail
 * stream, each example tested before it is trained on.
 *
 * @param model base model
 * @param limit examples of a stream
 * @param seeds runs of each, from 1 or a later one
 * @param trials names of ways to learn, the first of which the others are compared with
 * @param options of the job, for every trial
 * @param charts where charts are drawn, or null
 */
public record GuardBench(
    Path model,
    int limit,
    List<Long> seeds,
    List<String> trials,
    List<String> options,
    @Nullable Path charts,
    BenchListener listener) {

  /** Examples that an accuracy after a drift is taken over. */
  private static final int WINDOW = 48;

  /** Share of the accuracy before a drift at which it is recovered from. */
  private static final double RECOVERED = 0.9;

  /** Every how many mails one is only tested on. */
  private static final int MAIL_TESTS = 12;

  private static final String POISON = "poison";

  private record Streams(
      List<TokenizedExample> train, List<TokenizedExample> tests, List<Integer> drifts) {}

  /** Names of the streams that {@link #run} takes. */
  public static List<String> streams() {
    List<String> names = new ArrayList<>();
    for (Scenario scenario : Scenario.values()) {
      names.add(scenario.name().toLowerCase(Locale.ROOT));
    }
    names.add(LabeledStreams.MAIL);
    return names;
  }

  /** Names of the ways to learn. */
  public static List<String> ways() {
    return GuardTrial.ALL.stream().map(GuardTrial::name).toList();
  }

  /** Rows of one stream; says what came of each trial as it ends. */
  public List<BenchRow> run(String stream) throws IOException {
    Map<String, List<Result>> results = new LinkedHashMap<>();
    for (long seed : seeds) {
      Streams examples = examples(stream, seed);
      for (GuardTrial trial : GuardTrial.ALL) {
        if (trials.contains(trial.name())) {
          Result result =
              trial
                  .with(options)
                  .run(
                      model,
                      examples.train,
                      examples.tests,
                      examples.drifts.get(0),
                      stream.equals(POISON),
                      seed);
          results.computeIfAbsent(trial.name(), name -> new ArrayList<>()).add(result);
          listener.says(
              "%s, seed %d, %s: %s"
                  .formatted(stream, seed, trial.name(), line(stream, result, examples.drifts)));
        }
      }
    }
    if (charts != null) {
      new GuardCharts(charts, limit, seeds.size()).draw(stream, results);
    }
    return rows(stream, results);
  }

  private static String line(String stream, Result result, List<Integer> drifts) {
    return String.format(
        Locale.ROOT,
        "accuracy %.1f %% (frozen %.1f), tests %.1f %% at the drift, %.1f at the end, recovery"
            + " %s, drifts at %s, %d held, %d rolled back, %.0f s%s",
        100 * result.accuracy(),
        100 * result.accuracyOfFrozen(),
        100 * result.atDrift(),
        100 * result.atEnd(),
        recovers(stream) ? recoveries(result, drifts) : "-",
        result.drifts(),
        result.held(),
        result.rolledBack(),
        result.seconds(),
        stream.equals(POISON)
            ? String.format(
                Locale.ROOT,
                ", %d versions, worst fall %.1f points",
                result.published().size(),
                100 * result.worstFall())
            : "");
  }

  private static boolean recovers(String stream) {
    return List.of("abrupt", "gradual", "recurring").contains(stream);
  }

  private List<BenchRow> rows(String stream, Map<String, List<Result>> results) {
    Rows rows = new Rows(stream, results, new ArrayList<>());
    rows.each("accuracy, frozen", "%", result -> 100 * result.accuracyOfFrozen());
    rows.each("accuracy", "%", result -> 100 * result.accuracy());
    rows.each("accuracy at the end, tests", "%", result -> 100 * result.atEnd());
    if (stream.equals("classes")) {
      rows.each("old classes forgotten", "points", r -> 100 * (r.atDrift() - r.atEnd()));
    } else if (recovers(stream)) {
      List<Integer> drifts = Scenario.valueOf(stream.toUpperCase(Locale.ROOT)).drifts(limit);
      for (int i = 0; i < drifts.size(); i++) {
        int which = i;
        rows.each(
            "recovery from drift " + (which + 1),
            "examples",
            result -> recoveries(result, drifts).get(which));
      }
    } else if (stream.equals(POISON)) {
      rows.each("worst fall of a version", "points", result -> 100 * result.worstFall());
      rows.each("versions", "", result -> result.published().size());
    }
    rows.each("candidates held", "", Result::held);
    rows.each("versions rolled back", "", Result::rolledBack);
    rows.each("throughput", "examples/s", result -> limit / result.seconds());
    return rows.rows;
  }

  /**
   * Examples that came after each drift until a window of them is nearly as good as before the
   * first, those up to the next drift where none is.
   */
  private static List<Integer> recoveries(Result result, List<Integer> drifts) {
    double before = Result.mean(last(between(result, 0, drifts.get(0)), 2 * WINDOW));
    List<Integer> recoveries = new ArrayList<>();
    for (int i = 0; i < drifts.size(); i++) {
      int from = drifts.get(i);
      int to = i + 1 < drifts.size() ? drifts.get(i + 1) : Integer.MAX_VALUE;
      recoveries.add(recovery(between(result, from, to), RECOVERED * before) - from);
    }
    return recoveries;
  }

  private static List<Tested> between(Result result, int from, int to) {
    return result.tested().stream().filter(one -> one.at() > from && one.at() <= to).toList();
  }

  private static List<Tested> last(List<Tested> some, int most) {
    return some.subList(Math.max(0, some.size() - most), some.size());
  }

  /** Where the first window of this accuracy begins, or the end. */
  private static int recovery(List<Tested> after, double accuracy) {
    for (int end = WINDOW; end <= after.size(); end++) {
      List<Tested> window = after.subList(end - WINDOW, end);
      if (Result.mean(window) >= accuracy) {
        return window.get(0).at();
      }
    }
    return after.get(after.size() - 1).at();
  }

  private Streams examples(String stream, long seed) throws IOException {
    if (stream.equals(LabeledStreams.MAIL)) {
      return mail();
    }
    List<TokenizedExample> train = new ArrayList<>();
    List<TokenizedExample> tests = new ArrayList<>();
    try (ExampleEncoder encoder =
        ExampleEncoder.open(model, StreamExamples.MAX_TOKENS, TextTooLong.TRUNCATE)) {
      Scenario scenario = Scenario.valueOf(stream.toUpperCase(Locale.ROOT));
      MadeStream made = MadeStream.of(scenario, limit, seed);
      for (Sentence sentence : made.train()) {
        train.add(encoded(encoder, sentence, train.size()));
      }
      for (Sentence sentence : made.tests()) {
        tests.add(encoded(encoder, sentence, limit + tests.size()));
      }
      return new Streams(train, tests, made.drifts());
    }
  }

  private Streams mail() throws IOException {
    int all = limit + limit / (MAIL_TESTS - 1) + 1;
    List<TokenizedExample> train = new ArrayList<>();
    List<TokenizedExample> tests = new ArrayList<>();
    for (TokenizedExample mail : StreamExamples.read(LabeledStreams.MAIL, model, all, listener)) {
      if (train.size() < limit) {
        ((train.size() + tests.size()) % MAIL_TESTS == 0 ? tests : train).add(mail);
      }
    }
    return new Streams(train, tests, List.of(train.size() / 2));
  }

  private static TokenizedExample encoded(ExampleEncoder encoder, Sentence sentence, int number) {
    LabeledExample example =
        new LabeledExample(
            "trial",
            String.valueOf(number),
            Instant.ofEpochSecond(number),
            sentence.text(),
            sentence.label());
    try {
      return encoder.encode(example.toRecord(), "bench", 0, number).get(0);
    } catch (RejectedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rows over the seeds of one stream. */
  private record Rows(String stream, Map<String, List<Result>> results, List<BenchRow> rows) {

    void each(String what, String unit, ToDoubleFunction<Result> figure) {
      @Nullable BenchRow first = null;
      for (Map.Entry<String, List<Result>> trial : results.entrySet()) {
        double[] values = trial.getValue().stream().mapToDouble(figure).sorted().toArray();
        BenchRow row =
            new BenchRow(
                stream + ": " + what + ", " + trial.getKey(),
                unit,
                Arrays.stream(values).average().orElse(Double.NaN),
                values[0],
                values[values.length - 1],
                null,
                null);
        rows.add(first == null ? row : row.against(first));
        first = first == null ? row : first;
      }
    }
  }
}
