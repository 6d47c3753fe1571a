package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.text.TokenizedExample;
import dev.reslora.training.ReplayConfig.Policy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReservoirTest {

  private static final long ONE = Reservoir.size(example(0, "x"));

  private static ReplayConfig config(Policy policy, long examples) {
    // Offsets have up to seven digits here, each a byte of the id.
    return new ReplayConfig(policy, examples * (ONE + 6), 4, 1000);
  }

  private static TokenizedExample example(int offset, String label) {
    return TrainerConfigs.example(offset, new int[] {1, 2, 3}, label);
  }

  private static List<Integer> offsets(Reservoir reservoir) {
    return reservoir.draw(Integer.MAX_VALUE, 0).stream()
        .map(kept -> (int) kept.example.offset())
        .toList();
  }

  @Test
  void keepsAUniformSample() {
    int[] byQuarter = new int[4];
    for (int seed = 0; seed < 40; seed++) {
      Reservoir reservoir = new Reservoir(config(Policy.UNIFORM, 50), seed);
      for (int i = 0; i < 2000; i++) {
        reservoir.offer(example(i, "x"), 1);
      }
      offsets(reservoir).forEach(offset -> byQuarter[offset / 500]++);
    }
    double all = IntStream.of(byQuarter).sum();
    for (int quarter : byQuarter) {
      assertThat(quarter / all).isCloseTo(0.25, within(0.04));
    }
  }

  @Test
  void forgetsTheLabelsOfExamplesAndMakesRoom() {
    Reservoir reservoir = new Reservoir(config(Policy.CLASS_BALANCED, 60), 1);
    for (int i = 0; i < 60; i++) {
      reservoir.offer(example(i, i % 3 == 0 ? "gone" : "stays"), 1);
    }
    int before = reservoir.size();
    reservoir.forget(List.of(example(100, "gone"), example(101, "new")));
    assertThat(before).isEqualTo(60);
    assertThat(offsets(reservoir)).hasSize(40).noneMatch(offset -> offset % 3 == 0);
    assertThat(reservoir.bytes())
        .isEqualTo(offsets(reservoir).stream().mapToLong(o -> size(o)).sum());
  }

  private static long size(int offset) {
    return Reservoir.size(example(offset, "stays"));
  }

  @Test
  void keepsAsManyOfARareClassAsOfAFrequentOne() {
    Reservoir reservoir = new Reservoir(config(Policy.CLASS_BALANCED, 60), 1);
    for (int i = 0; i < 3000; i++) {
      reservoir.offer(example(i, i % 50 == 0 ? "rare" : i % 2 == 0 ? "b" : "a"), 1);
    }
    Map<String, Long> counts =
        reservoir.draw(Integer.MAX_VALUE, 0).stream()
            .collect(Collectors.groupingBy(k -> k.example.label(), Collectors.counting()));
    assertThat(counts).containsOnlyKeys("rare", "a", "b");
    assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween(17L, 25L));
  }

  @Test
  void prefersTheRecent() {
    Reservoir reservoir = new Reservoir(config(Policy.RECENCY, 100), 1);
    for (int i = 0; i < 10_000; i++) {
      reservoir.offer(example(i, "x"), 1);
    }
    List<Integer> offsets = offsets(reservoir);
    assertThat(offsets.stream().mapToInt(i -> i).average().orElseThrow()).isBetween(7500.0, 9300.0);
  }

  @ParameterizedTest
  @EnumSource
  void staysWithinItsBytesOverAMillionExamples(Policy policy) throws IOException {
    ReplayConfig config = new ReplayConfig(policy, 2 << 10, 4, 1000);
    Reservoir reservoir = new Reservoir(config, 1);
    long most = 0;
    for (int i = 0; i < 1_000_000; i++) {
      reservoir.offer(example(i, "l" + i % 5), 1);
      most = Math.max(most, reservoir.bytes());
    }
    assertThat(most).isBetween((2L << 10) - 100, 2L << 10);
    assertThat(bytes(reservoir).length).isLessThan(4 << 10);
  }

  @ParameterizedTest
  @EnumSource
  void goesOnFromItsState(Policy policy) throws IOException {
    ReplayConfig config = config(policy, 20);
    Reservoir whole = new Reservoir(config, 9);
    Reservoir restored = new Reservoir(config, 9);
    for (int i = 0; i < 500; i++) {
      whole.offer(example(i, "l" + i % 3), i);
      restored.offer(example(i, "l" + i % 3), i);
      whole.draw(3, i).forEach(kept -> kept.forgotten(0.5));
      restored.draw(3, i).forEach(kept -> kept.forgotten(0.5));
      if (i % 60 == 0) {
        restored =
            Reservoir.read(
                config, 9, new DataInputStream(new ByteArrayInputStream(bytes(restored))));
      }
    }
    assertThat(bytes(restored)).isEqualTo(bytes(whole));
  }

  @Test
  void knowsHowFarALossHasRisenAboveItsLowest() {
    Reservoir reservoir = new Reservoir(config(Policy.UNIFORM, 2), 1);
    reservoir.offer(example(0, "x"), 2);
    Reservoir.Kept kept = reservoir.draw(1, 0).get(0);
    assertThat(kept.forgotten(0.5)).isEqualTo(-1.5);
    assertThat(kept.forgotten(0.75)).isEqualTo(0.25);
    assertThat(kept.forgotten(1.5)).isEqualTo(1);
  }

  private static byte[] bytes(Reservoir reservoir) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    reservoir.write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }
}
