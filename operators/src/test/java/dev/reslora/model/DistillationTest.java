package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.FrozenAdapter;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a teacher adds to the gradient, against differences of the divergence. */
class DistillationTest {

  private static final double WEIGHT = 0.7;

  @TempDir private static Path directory;

  /** A learner and its teacher on a model, and what they are asked. */
  private record Lesson(
      BaseModel base,
      AdapterShape shape,
      int labels,
      List<PackedBatch.Sequence> sequences,
      int[] targets,
      float[] weights) {

    float[] params(long seed) {
      Random random = new Random(seed);
      float[] params = new float[AdapterWeights.size(shape, base.config().hidden(), labels)];
      for (int i = 0; i < params.length; i++) {
        params[i] = (float) (0.15 * random.nextGaussian());
      }
      return params;
    }

    /** The gradient of a step; with a teacher of so many classes, or none where negative. */
    float[] gradient(int known) {
      try (NDManager scope = base.manager().newSubManager();
          Arguments arguments = shape.plan().arguments();
          FrozenAdapter teacher = new FrozenAdapter(scope, params(5), labels);
          AdapterWeights student =
              AdapterWeights.of(
                  scope,
                  shape,
                  base.config().hidden(),
                  labels,
                  AdapterWeights.Numbers.fresh(params(3)))) {
        PackedBatch packed = base.packForTraining(scope, sequences);
        base.train(
            packed,
            student.live(arguments),
            targets,
            weights,
            0,
            0,
            known < 0 ? null : new BaseModel.Teacher(teacher.live(arguments), known, WEIGHT));
        return Torch.floats(student.grads());
      }
    }

    /** Sum of KL(teacher || student) over all that is predicted, nats. */
    double divergence(float[] student) {
      try (NDManager scope = base.manager().newSubManager();
          Arguments arguments = shape.plan().arguments();
          FrozenAdapter teacher = new FrozenAdapter(scope, params(5), labels);
          FrozenAdapter learner = new FrozenAdapter(scope, student, labels)) {
        PackedBatch packed = base.pack(scope, sequences);
        BaseModel.Inference answers = base.infer(scope, packed, teacher.live(arguments));
        return base.compare(packed, answers, learner.live(arguments), targets).divergence();
      }
    }

    /** Logits of numbers, [S, labels], in the packed order. */
    float[] logits(float[] numbers) {
      try (NDManager scope = base.manager().newSubManager();
          Arguments arguments = shape.plan().arguments();
          FrozenAdapter adapter = new FrozenAdapter(scope, numbers, labels)) {
        PackedBatch packed = base.pack(scope, sequences);
        return Torch.floats(base.infer(scope, packed, adapter.live(arguments)).logits());
      }
    }

    /** Along the gradient and along random directions, up to a hundredth of its norm. */
    void assertTaught(int known, ToDoubleFunction<float[]> divergence) {
      float[] alone = gradient(-1);
      float[] both = gradient(known);
      double[] taught = new double[alone.length];
      for (int i = 0; i < taught.length; i++) {
        taught[i] = (double) both[i] - alone[i];
      }
      double norm = Math.sqrt(Arrays.stream(taught).map(each -> each * each).sum());
      assertThat(norm).isGreaterThan(1e-3);
      Random random = new Random(7);
      for (int trial = 0; trial < 6; trial++) {
        double[] direction = new double[taught.length];
        double size = 0;
        for (int i = 0; i < direction.length; i++) {
          direction[i] = trial == 0 ? taught[i] : random.nextGaussian();
          size += direction[i] * direction[i];
        }
        double found = 0;
        for (int i = 0; i < direction.length; i++) {
          direction[i] /= Math.sqrt(size);
          found += direction[i] * taught[i];
        }
        double step = 0.01;
        double expected =
            WEIGHT
                * (divergence.applyAsDouble(moved(direction, step))
                    - divergence.applyAsDouble(moved(direction, -step)))
                / (2 * step);
        assertThat(found).as("direction %d", trial).isCloseTo(expected, within(0.01 * norm));
      }
    }

    private float[] moved(double[] direction, double by) {
      float[] params = params(3);
      for (int i = 0; i < params.length; i++) {
        params[i] += (float) (by * direction[i]);
      }
      return params;
    }
  }

  private static Lesson classification(BertTrial trial) {
    AdapterShape shape =
        trial.shape(
            new ResLoraConfig(4, 6, Shortcut.INPUT, -1, 0, List.of("query", "output.dense")));
    BertTrial.Batch batch = BertTrial.batch(11, 5, 3, 9, 3);
    float[] equal = new float[batch.targets().length];
    Arrays.fill(equal, 1f / equal.length);
    return new Lesson(
        trial.base, shape, BertTrial.LABELS, batch.sequences(), batch.targets(), equal);
  }

  @Test
  void pullsAClassifierTowardsItsTeachersAnswers() throws IOException {
    try (BertTrial trial =
        BertTrial.open(new RandomEncoder("bert", "gelu"), directory.resolve("b"), false, false)) {
      Lesson lesson = classification(trial);
      int count = lesson.targets.length;
      lesson.assertTaught(BertTrial.LABELS, params -> lesson.divergence(params) / count);
    }
  }

  @Test
  void leavesClassesThatTheTeacherDoesNotKnowAlone() throws IOException {
    try (BertTrial trial =
        BertTrial.open(new RandomEncoder("bert", "gelu"), directory.resolve("k"), true, false)) {
      Lesson lesson = classification(trial);
      float[] teacher = lesson.logits(lesson.params(5));
      int count = lesson.targets.length;
      lesson.assertTaught(
          3,
          params -> {
            float[] student = lesson.logits(params);
            double sum = 0;
            for (int i = 0; i < count; i++) {
              double[] q = logSoftmax(teacher, i * BertTrial.LABELS, 3);
              double[] p = logSoftmax(student, i * BertTrial.LABELS, 3);
              for (int c = 0; c < 3; c++) {
                sum += Math.exp(q[c]) * (q[c] - p[c]);
              }
            }
            return sum / count;
          });
      float[] alone = lesson.gradient(-1);
      float[] taught = lesson.gradient(3);
      assertThat(Arrays.copyOfRange(taught, taught.length - 2, taught.length))
          .as("the biases of the last two classes")
          .isEqualTo(Arrays.copyOfRange(alone, alone.length - 2, alone.length));
    }
  }

  @Test
  void pullsALanguageModelTowardsItsTeachersAnswers() throws IOException {
    try (LlamaTrial trial =
        LlamaTrial.open(RandomLlama.of(""), directory.resolve("l"), false, false)) {
      LlamaTrial.Batch batch = trial.batch(11, 6, 4, 9);
      int predictions = 0;
      for (int i = 0; i < batch.from().length; i++) {
        predictions += batch.sequences().get(i).ids().length - batch.from()[i];
      }
      float[] equal = new float[batch.from().length];
      Arrays.fill(equal, 1f / predictions);
      AdapterShape shape =
          trial.shape(new ResLoraConfig(4, 6, Shortcut.BLOCK, -1, 0, List.of(".*_proj")));
      Lesson lesson = new Lesson(trial.base, shape, 0, batch.sequences(), batch.from(), equal);
      int count = predictions;
      lesson.assertTaught(0, params -> lesson.divergence(params) / count);
    }
  }

  private static double[] logSoftmax(float[] logits, int begin, int count) {
    double sum = 0;
    for (int c = 0; c < count; c++) {
      sum += Math.exp(logits[begin + c]);
    }
    double[] logs = new double[count];
    for (int c = 0; c < count; c++) {
      logs[c] = logits[begin + c] - Math.log(sum);
    }
    return logs;
  }
}
