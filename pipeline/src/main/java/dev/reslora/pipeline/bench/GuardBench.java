package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.bench.GuardTrial.Result;
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
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the guards are worth: frozen, plain and guarded learning of made streams and of the mail
 * stream, each example tested before it is trained on.
 *
 * @param model base model
 * @param limit examples of a stream
 * @param seeds runs of each
 */
public record GuardBench(Path model, int limit, int seeds, BenchListener listener) {

  /** Examples that an accuracy after a drift is taken over. */
  private static final int WINDOW = 48;

  /** Share of the accuracy before a drift at which it is recovered from. */
  private static final double RECOVERED = 0.9;

  /** Every how many mails one is only tested on. */
  private static final int MAIL_TESTS = 12;

  private record Streams(List<TokenizedExample> train, List<TokenizedExample> tests, int drift) {}

  /** Names of the streams that {@link #run} takes. */
  public static List<String> streams() {
    List<String> names = new ArrayList<>();
    for (Scenario scenario : Scenario.values()) {
      names.add(scenario.name().toLowerCase(Locale.ROOT));
    }
    names.add(LabeledStreams.MAIL);
    return names;
  }

  /** Rows of one stream. */
  public List<BenchRow> run(String stream) throws IOException {
    boolean poison = stream.equals("poison");
    GuardTrial guarded = poison ? GuardTrial.GATED : GuardTrial.GUARDED;
    List<Result> plain = new ArrayList<>();
    List<Result> guards = new ArrayList<>();
    List<Integer> drifts = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      listener.says("%s, seed %d of %d".formatted(stream, seed, seeds));
      Streams examples = examples(stream, seed);
      drifts.add(examples.drift);
      plain.add(run(GuardTrial.PLAIN, examples, poison, seed));
      guards.add(run(guarded, examples, poison, seed));
    }
    Rows rows = new Rows(stream, guarded.name(), plain, guards);
    rows.add("accuracy, frozen", "%", plain, null, result -> 100 * result.frozen());
    rows.both("accuracy", "%", result -> 100 * result.accuracy());
    rows.both("accuracy at the end, tests", "%", result -> 100 * result.atEnd());
    if (stream.equals("classes")) {
      rows.both("old classes forgotten", "points", r -> 100 * (r.atDrift() - r.atEnd()));
    } else if (!poison && !stream.equals(LabeledStreams.MAIL)) {
      rows.both("recovery", "examples", result -> recovery(result, drifts.get(0)));
    }
    if (poison) {
      rows.both("worst fall of a version", "points", result -> 100 * result.worstFall());
      rows.both("versions", "", result -> result.published().size());
    }
    rows.add("candidates held", "", guards, null, result -> result.held());
    rows.add("versions rolled back", "", guards, null, result -> result.rolledBack());
    rows.both("throughput", "examples/s", result -> limit / result.seconds());
    return rows.rows;
  }

  private Result run(GuardTrial trial, Streams examples, boolean versions, long seed) {
    return trial.run(model, examples.train, examples.tests, examples.drift, versions, seed);
  }

  /** Examples trained on after the drift until a window of them is nearly as good as before it. */
  private double recovery(Result result, int drift) {
    List<Double> right = result.right();
    // Held-out examples are not among those tested: the drift is where it is in proportion.
    int at = (int) ((double) drift / limit * right.size());
    double before = mean(right.subList(at - 2 * WINDOW, at));
    for (int end = at + WINDOW; end <= right.size(); end++) {
      if (mean(right.subList(end - WINDOW, end)) >= RECOVERED * before) {
        return (double) (end - WINDOW - at) / right.size() * limit;
      }
    }
    return (double) (right.size() - at) / right.size() * limit;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
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
      return new Streams(train, tests, made.drift());
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
    return new Streams(train, tests, train.size() / 2);
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
  private record Rows(
      String stream, String guarded, List<Result> plain, List<Result> guards, List<BenchRow> rows) {

    Rows(String stream, String guarded, List<Result> plain, List<Result> guards) {
      this(stream, guarded, plain, guards, new ArrayList<>());
    }

    void both(String what, String unit, ToDoubleFunction<Result> figure) {
      String name = add(what + ", plain", unit, plain, null, figure);
      add(what + ", " + guarded, unit, guards, name, figure);
    }

    String add(
        String what,
        String unit,
        List<Result> results,
        @Nullable String baseline,
        ToDoubleFunction<Result> figure) {
      String name = stream + ": " + what;
      double[] values = results.stream().mapToDouble(figure).sorted().toArray();
      double mean = Arrays.stream(values).average().orElse(Double.NaN);
      Double ratio =
          baseline == null
              ? null
              : (Double)
                  (mean
                      / rows.stream()
                          .filter(row -> row.name().equals(baseline))
                          .findFirst()
                          .orElseThrow()
                          .median());
      rows.add(
          new BenchRow(name, unit, mean, values[0], values[values.length - 1], baseline, ratio));
      return name;
    }
  }
}
