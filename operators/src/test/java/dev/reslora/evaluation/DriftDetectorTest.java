package dev.reslora.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DriftDetectorTest {

  private static final Map<String, Supplier<DriftDetector>> DETECTORS =
      Map.of(
          "adwin", () -> new Adwin(Adwin.Parameters.DEFAULT),
          "page-hinkley", () -> new PageHinkley(PageHinkley.Parameters.DEFAULT),
          "ddm", () -> new Ddm(Ddm.Parameters.DEFAULT));

  /** A sequence and where River finds changes in it; deploy/smoke/drift_check.py makes them. */
  record Published(String detector, List<Integer> changes, String values) {}

  static List<Published> published() throws IOException {
    String text =
        new String(
            Objects.requireNonNull(
                    DriftDetectorTest.class.getResourceAsStream("drift-sequences.txt"))
                .readAllBytes(),
            StandardCharsets.UTF_8);
    return text.lines()
        .map(line -> line.split(" "))
        .map(
            parts ->
                new Published(
                    parts[0],
                    Arrays.stream(parts[1].split(",")).map(Integer::valueOf).toList(),
                    parts[2]))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("published")
  void findsTheChangesThatRiverPublishes(Published published) {
    DriftDetector detector = detector(published.detector);
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < published.values.length(); i++) {
      long before = width(detector);
      boolean rises = detector.rises(published.values.charAt(i) - '0');
      // River's ADWIN also tells of falls; ours begins a new window.
      if (rises || width(detector) < before) {
        found.add(i);
      }
    }
    assertThat(found).isEqualTo(published.changes);
  }

  private static DriftDetector detector(String name) {
    return Objects.requireNonNull(DETECTORS.get(name)).get();
  }

  private static long width(DriftDetector detector) {
    return detector instanceof Adwin adwin ? adwin.width() : 0;
  }

  @Test
  void adwinTellsOfRisesOnly() {
    List<Integer> rises = new ArrayList<>();
    Adwin adwin = new Adwin(Adwin.Parameters.DEFAULT);
    for (int i = 0; i < 3000; i++) {
      if (adwin.rises(i / 1000 == 1 ? 1 : 0)) {
        rises.add(i);
      }
    }
    assertThat(rises).containsExactly(1023);
  }

  @Test
  void adwinWindowHoldsTheMeanOfWhatItHolds() {
    SplittableRandom random = new SplittableRandom(1);
    Adwin adwin = new Adwin(new Adwin.Parameters(1e-9, 32, 5, 5, 10));
    double sum = 0;
    for (int i = 1; i <= 5000; i++) {
      double value = random.nextDouble();
      sum += value;
      adwin.rises(value);
      assertThat(adwin.width()).isEqualTo(i);
    }
    assertThat(adwin.estimate()).isCloseTo(sum / 5000, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"adwin", "page-hinkley", "ddm"})
  void saysNothingOfAConstant(String name) {
    DriftDetector detector = detector(name);
    for (int i = 0; i < 10_000; i++) {
      assertThat(detector.rises(1)).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adwin", "page-hinkley", "ddm"})
  void goesOnFromItsStateAsIfNothingHadHappened(String name) throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    DriftDetector whole = detector(name);
    DriftDetector restored = detector(name);
    int rises = 0;
    for (int i = 0; i < 4000; i++) {
      double error = random.nextDouble() < (i / 1000 % 2 == 0 ? 0.1 : 0.7) ? 1 : 0;
      boolean rose = whole.rises(error);
      assertThat(restored.rises(error)).as("at %d", i).isEqualTo(rose);
      rises += rose ? 1 : 0;
      if (i % 37 == 0) {
        byte[] state = bytes(restored);
        restored = detector(name);
        restored.read(new DataInputStream(new ByteArrayInputStream(state)));
        assertThat(bytes(restored)).isEqualTo(state);
      }
    }
    assertThat(bytes(restored)).isEqualTo(bytes(whole));
    assertThat(rises).isPositive();
  }

  private static byte[] bytes(DriftDetector detector) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    detector.write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  @Test
  void adwinKeepsLogarithmicallyManyBuckets() throws IOException {
    Adwin adwin = new Adwin(Adwin.Parameters.DEFAULT);
    for (int i = 0; i < 1_000_000; i++) {
      adwin.rises(i % 2);
    }
    assertThat(adwin.width()).isEqualTo(1_000_000);
    assertThat(bytes(adwin).length).isLessThan(3000);
  }
}
