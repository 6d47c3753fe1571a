package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.DeviceMemoryException;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tiny encoder on a device that, they say, has room for so many sequences at a time. */
class PortionsTest {

  private static final int LABELS = 3;
  private static final long SEED = 5;

  private Trainer trainer;
  private BaseModel base;
  private Learner learner;
  private NDManager scope;

  @BeforeEach
  void open() {
    trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
    base = trainer.base();
    learner = trainer.learner(1);
    learner.growTo(LABELS);
    scope = base.manager().newSubManager();
  }

  @AfterEach
  void close() {
    scope.close();
    learner.close();
    trainer.close();
  }

  @Test
  void takesTheWholeWhereThereIsRoom() {
    List<Long> seeds = new ArrayList<>();
    Portions.Taken taken = take(batch(7), 7, seeds);
    assertThat(taken.count()).isEqualTo(1);
    assertThat(seeds).containsExactly(SEED);
  }

  /** Halves do not fit, quarters do: the sums are those of one pass, as if none had failed. */
  @Test
  void addsUpToTheWhole() {
    Learner.Batch batch = batch(7);
    BaseModel.Outcome outcome = take(batch, 7, new ArrayList<>()).outcome();
    float[] gradient = gradient();

    List<Long> seeds = new ArrayList<>();
    Portions.Taken taken = take(batch, 2, seeds);

    assertThat(taken.count()).isEqualTo(4);
    assertThat(seeds).hasSize(6).element(0).isEqualTo(SEED);
    assertThat(seeds.subList(2, 6)).doesNotHaveDuplicates();
    assertThat(taken.outcome().losses()).hasSize(7);
    for (int i = 0; i < 7; i++) {
      assertThat(taken.outcome().losses()[i]).isCloseTo(outcome.losses()[i], within(1e-5f));
    }
    assertThat(taken.outcome().predictions()).isEqualTo(outcome.predictions());
    assertThat(taken.outcome().confidences()).hasSize(7);
    float[] summed = gradient();
    double largest = 0;
    for (int i = 0; i < summed.length; i++) {
      assertThat(summed[i]).isCloseTo(gradient[i], within(1e-6f));
      largest = Math.max(largest, Math.abs(gradient[i]));
    }
    assertThat(largest).isGreaterThan(1e-3);
  }

  @Test
  void namesTheBudgetWhereASingleSequenceFindsNoRoom() {
    assertThatThrownBy(() -> take(batch(3), 0, new ArrayList<>()))
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessageContaining("training.batch-tokens")
        .hasMessageContaining("model.max-tokens")
        .hasCauseInstanceOf(DeviceMemoryException.class);
    assertThat(gradient()).containsOnly(0);
  }

  /** A pass that does not fit has added its gradient before it fails. */
  private Portions.Taken take(Learner.Batch batch, int room, List<Long> seeds) {
    return Portions.take(
        base,
        batch,
        batch.weights(),
        SEED,
        (packed, targets, weights, seed) -> {
          seeds.add(seed);
          BaseModel.Outcome outcome = base.train(packed, learner.live(), targets, weights, 0, seed);
          if (packed.sequences().size() > room) {
            throw new DeviceMemoryException("no room", new IllegalStateException());
          }
          return outcome;
        },
        this::gradient);
  }

  private Learner.Batch batch(int count) {
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    int[] targets = new int[count];
    float[] weights = new float[count];
    for (TokenizedExample each : TrainerConfigs.examples(count)) {
      int i = sequences.size();
      targets[i] = i % LABELS;
      weights[i] = (i + 1f) / (count * (count + 1) / 2f);
      sequences.add(new PackedBatch.Sequence(each.tokens(), new int[0]));
    }
    return new Learner.Batch(base.packForTraining(scope, sequences), targets, weights);
  }

  /** The gradient, which is zero after. */
  private float[] gradient() {
    float[] gradient = Torch.floats(learner.weights().grads());
    base.kernel()
        .call("accumulate")
        .tensor(learner.weights().sum())
        .tensor(learner.weights().grads())
        .flag(false)
        .real();
    return gradient;
  }
}
