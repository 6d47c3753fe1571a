package dev.reslora.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The masks of the counters. Statistics of a fixed set of counters: they hold or they do not, no
 * chance is involved. Bounds are five standard deviations of a fair coin.
 */
class DropoutMaskTest {

  private static final int ROWS = 512;
  private static final int COLUMNS = 384;
  private static final long KEY = 0x2545_f491_4f6c_dd1dL;

  private static NDManager manager;
  private static Kernel kernel;

  @BeforeAll
  static void load() {
    manager = Torch.manager("cpu");
    kernel = Kernel.load(manager, "reslora");
  }

  @AfterAll
  static void close() {
    kernel.close();
    manager.close();
  }

  @AfterEach
  void oneThread() {
    Torch.useThreads(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.1, 0.5, 0.9})
  void keepsTheShareAndTheMean(double p) {
    for (long key = 0; key < 5; key++) {
      float[] mask = mask(key, 3, p);
      int kept = 0;
      for (float element : mask) {
        assertThat(element == 0 || Math.abs(element * (1 - p) - 1) < 1e-6).isTrue();
        kept += element > 0 ? 1 : 0;
      }
      double deviation = Math.sqrt(p * (1 - p) / mask.length);
      assertThat((double) kept / mask.length).isCloseTo(1 - p, within(5 * deviation));
    }
  }

  @Test
  void differsFromStepToStepEvenWhenKeysAreNeighbours() {
    float[] mask = mask(KEY, 0, 0.5);
    for (long other : new long[] {KEY + 1, KEY + 2, KEY - 1, KEY ^ (1L << 40), KEY ^ (1L << 62)}) {
      independent(mask, mask(other, 0, 0.5));
    }
  }

  @Test
  void differsFromFactorToFactor() {
    float[] mask = mask(KEY, 0, 0.5);
    for (int index : new int[] {1, 2, 3, 71}) {
      independent(mask, mask(KEY, index, 0.5));
    }
  }

  @Test
  void rowsAndColumnsOfOneMaskAreIndependent() {
    float[] mask = mask(KEY, 0, 0.5);
    for (int rows = 1; rows < 9; rows++) {
      assertThat(correlation(mask, mask, rows, 0)).as("%d rows on", rows).isLessThan(bound());
      assertThat(correlation(mask, mask, 0, rows)).as("%d columns on", rows).isLessThan(bound());
      assertThat(correlation(mask, mask, rows, rows)).as("%d aslant", rows).isLessThan(bound());
    }
  }

  /** Chi-square of the kept count of each row, and of each column, against the binomial. */
  @Test
  void noRowAndNoColumnIsFavoured() {
    float[] mask = mask(KEY, 0, 0.5);
    double[] rows = new double[ROWS];
    double[] columns = new double[COLUMNS];
    for (int i = 0; i < mask.length; i++) {
      double sign = mask[i] > 0 ? 1 : -1;
      rows[i / COLUMNS] += sign;
      columns[i % COLUMNS] += sign;
    }
    assertThat(chiSquare(rows, COLUMNS)).isCloseTo(ROWS, within(5 * Math.sqrt(2.0 * ROWS)));
    assertThat(chiSquare(columns, ROWS)).isCloseTo(COLUMNS, within(5 * Math.sqrt(2.0 * COLUMNS)));
  }

  @Test
  void isTheSameOnAnyNumberOfThreads() {
    Torch.useThreads(1);
    float[] one = mask(KEY, 5, 0.1);
    for (int threads : new int[] {2, 4}) {
      Torch.useThreads(threads);
      assertThat(mask(KEY, 5, 0.1)).isEqualTo(one);
    }
  }

  @Test
  void aRowIsTheSameInABatchOfAnySize() {
    float[] mask = mask(KEY, 5, 0.1);
    float[] few = mask(KEY, 5, 0.1, 3);
    for (int i = 0; i < few.length; i++) {
      assertThat(few[i]).isEqualTo(mask[i]);
    }
  }

  /** Also shifted by a few rows or columns, as a counter's masks could be. */
  private static void independent(float[] a, float[] b) {
    for (int rows = -3; rows <= 3; rows++) {
      for (int columns = -3; columns <= 3; columns++) {
        assertThat(correlation(a, b, rows, columns))
            .as("shifted by %d rows, %d columns", rows, columns)
            .isLessThan(bound());
      }
    }
  }

  private static double bound() {
    return 5 / Math.sqrt((double) ROWS * COLUMNS);
  }

  /** |correlation| of a with b moved cyclically. */
  private static double correlation(float[] a, float[] b, int rows, int columns) {
    int sum = 0;
    for (int i = 0; i < ROWS; i++) {
      int row = Math.floorMod(i + rows, ROWS) * COLUMNS;
      for (int j = 0; j < COLUMNS; j++) {
        boolean same = a[i * COLUMNS + j] > 0 == b[row + Math.floorMod(j + columns, COLUMNS)] > 0;
        sum += same ? 1 : -1;
      }
    }
    return Math.abs((double) sum) / a.length;
  }

  private static double chiSquare(double[] sums, int variance) {
    double chi = 0;
    for (double sum : sums) {
      chi += sum * sum / variance;
    }
    return chi;
  }

  private static float[] mask(long key, int index, double p) {
    return mask(key, index, p, ROWS);
  }

  private static float[] mask(long key, int index, double p, int rows) {
    try (NDManager scope = manager.newSubManager()) {
      return Torch.floats(
          kernel
              .call("dropout_mask")
              .integer(key)
              .integer(index)
              .real(p)
              .tensor(Torch.floats(scope, new float[rows * COLUMNS], rows, COLUMNS))
              .tensor(scope));
    }
  }
}
