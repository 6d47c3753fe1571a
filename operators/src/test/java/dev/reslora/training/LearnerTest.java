package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.PackedBatch;
import dev.reslora.reslora.AdapterWeights.Numbers;
import dev.reslora.reslora.Shortcut;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnerTest {

  /** Each gradient was finite; what they and the penalties add up to is not. */
  @Test
  void takesNoStepByASumThatIsNotFinite() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
        Learner learner = trainer.learner(1);
        NDManager scope = trainer.base().manager().newSubManager()) {
      learner.growTo(1);
      Numbers before = learner.weights().read();
      float[] sum = before.sum().clone();
      sum[0] = Float.POSITIVE_INFINITY;
      learner
          .weights()
          .become(
              1, new Numbers(before.params(), sum, before.firstMoment(), before.secondMoment()));
      List<PackedBatch.Sequence> sequences =
          List.of(new PackedBatch.Sequence(TrainerConfigs.examples(1).get(0).tokens(), new int[0]));
      Learner.Batch batch =
          new Learner.Batch(
              trainer.base().packForTraining(scope, sequences), new int[1], new float[] {1});

      Learner.Lesson overflowed = learner.learn(batch, 1);

      assertThat(overflowed.finite()).isFalse();
      assertThat(overflowed.stepped()).isFalse();
      assertThat(learner.step()).isZero();
      assertThat(learner.weights().copyParams()).isEqualTo(before.params());

      Learner.Lesson next = learner.learn(batch, 1);
      assertThat(next.finite()).isTrue();
      assertThat(learner.step()).isOne();
    }
  }
}
