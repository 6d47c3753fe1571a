package dev.reslora.pipeline.bench;

import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import dev.reslora.training.StepLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Many adapters of few examples each, one after the other and some together, against one that takes
 * the same examples: all at once, and in batches of the plan's size. Beside them peft, which
 * switches among as many adapters. They take turns on the same sequences.
 */
public final class AdaptersBench {

  private static final String UNIT = "tokens/s";

  /** Rounds before the measured ones; a round is many steps. */
  private static final int WARMUP = 1;

  private final BenchPlan plan;
  private final int adapters;
  private final int examples;
  private final int together;
  private final List<Precision> precisions;
  private final BenchListener listener;

  /**
   * @param adapters of the case with many
   * @param examples that each of them takes in a step
   * @param together how many of them share a pass, in the case where some do
   */
  public AdaptersBench(
      BenchPlan plan,
      int adapters,
      int examples,
      int together,
      List<Precision> precisions,
      BenchListener listener) {
    this.plan = plan;
    this.adapters = adapters;
    this.examples = examples;
    this.together = together;
    this.precisions = precisions;
    this.listener = listener;
  }

  /** Steppers in a row that take a round's sequences in parts, one after the other. */
  private record Team(Samples samples, int part, List<Stepper> members) implements AutoCloseable {

    void round(TokenBatch all, boolean measured) throws IOException {
      double seconds = 0;
      int turn = 0;
      for (TokenBatch each : all.parts(part)) {
        seconds += members.get(turn++ % members.size()).step(each);
      }
      if (measured) {
        samples.add(all.tokens() / seconds);
      }
    }

    @Override
    public void close() {
      members.forEach(Stepper::close);
    }
  }

  /** Runs with peft beside; alone where that is not there. */
  public List<BenchRow> run(@Nullable Python python) throws IOException {
    try (PeftProcess peft = PeftProcess.start(python, plan, adapters, precisions, listener::says)) {
      return run(peft);
    }
  }

  private List<BenchRow> run(@Nullable PeftProcess peft) throws IOException {
    List<TokenBatch> rounds = plan.batches(adapters * examples, WARMUP + plan.steps());
    List<List<Team>> teams = new ArrayList<>();
    try {
      for (Precision precision : precisions) {
        teams.add(teams(precision, peft));
      }
      for (int round = 0; round < rounds.size(); round++) {
        for (List<Team> some : teams) {
          for (Team team : some) {
            team.round(rounds.get(round), round >= WARMUP);
          }
        }
        listener.progress(round + 1, rounds.size(), "rounds");
      }
      return teams.stream().flatMap(some -> rows(some).stream()).toList();
    } finally {
      teams.forEach(some -> some.forEach(Team::close));
    }
  }

  /** The first is the baseline of the others. */
  private List<Team> teams(Precision precision, @Nullable PeftProcess peft) {
    int all = adapters * examples;
    List<Team> teams = new ArrayList<>();
    teams.add(ours(precision, 1, all));
    teams.add(ours(precision, 1, Math.min(plan.batch(), all)));
    teams.add(ours(precision, adapters, examples));
    teams.add(sharing(precision));
    if (peft != null) {
      List<Stepper> members = new ArrayList<>();
      for (int i = 0; i < adapters; i++) {
        members.add(new Contestant.Peft("adapter " + i, peft, precision, i));
      }
      teams.add(new Team(samples("peft", precision, adapters, "" + examples), examples, members));
    }
    return teams;
  }

  private Team ours(Precision precision, int count, int part) {
    List<Stepper> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      members.add(StepBench.ours(plan, precision, Shortcut.NONE));
    }
    return new Team(samples("ours", precision, count, "" + part), part, members);
  }

  /** The many, so many at a time in one pass. */
  private Team sharing(Precision precision) {
    List<Stepper> members = new ArrayList<>();
    for (int left = adapters; left > 0; left -= together) {
      List<StepLoop> loops = new ArrayList<>();
      while (loops.size() < Math.min(together, left)) {
        loops.add(StepBench.loop(plan, precision, Shortcut.NONE));
      }
      members.add(new Stepper.Together(loops, examples));
    }
    Samples samples =
        samples("ours", precision, adapters, examples + ", " + together + " together");
    return new Team(samples, together * examples, members);
  }

  private Samples samples(String side, Precision precision, int count, String part) {
    return new Samples(
        "adapters %s %s %s, %d x %s"
            .formatted(side, precision.label(), plan.suffix(), count, part));
  }

  private static List<BenchRow> rows(List<Team> teams) {
    Samples baseline = teams.get(0).samples;
    return teams.stream()
        .map(each -> each.samples.rates(UNIT, each.samples == baseline ? null : baseline))
        .toList();
  }
}
