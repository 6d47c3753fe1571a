package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.model.TestModels;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Twenty steps of plain LoRA on the real MiniLM, written down with everything that another
 * implementation needs to repeat them: {@code deploy/smoke/peer_check.py} does so with transformers
 * and peft.
 */
class PeerTrialTest {

  private static final int STEPS = 20;
  private static final int BATCH = 8;
  private static final double RATE = 1e-3;

  private final Map<String, Object> trial = new LinkedHashMap<>();

  @Test
  void learnsAndWritesDownHow() throws Exception {
    Path model = TestModels.minilm();
    List<List<Integer>> tokens = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      TrainerConfigs.sentences(tokenizer, BATCH * STEPS)
          .forEach(
              example -> {
                tokens.add(Arrays.stream(example.tokens()).boxed().toList());
                labels.add(Integer.parseInt(String.valueOf(example.label()).substring(6)));
              });
    }
    trial.put("model", model.toAbsolutePath().normalize().toString());
    trial.put("batch", BATCH);
    trial.put("learningRate", RATE);
    trial.put("tokens", tokens);
    trial.put("labels", labels);
    try (BaseModel base = BaseModel.open(model, "cpu", new BaseModel.Variant(false, false))) {
      trial.put("hidden", hidden(base, tokens.subList(0, 20)));
      List<Double> losses = train(base, tokens, labels);
      trial.put("losses", losses);
      assertThat(losses.get(STEPS - 1)).isLessThan(losses.get(0) / 2);
    }
    Path file = Path.of("target", "peer-trial.json");
    new ObjectMapper().writeValue(file.toFile(), trial);
    assertThat(Files.size(file)).isPositive();
  }

  private static List<float[]> hidden(BaseModel base, List<List<Integer>> tokens) {
    List<float[]> hidden = new ArrayList<>();
    AdapterShape none = new AdapterShape(config(), AdapterPlan.frozen(base.pooled()), new int[0]);
    try (Arguments arguments = none.plan().arguments();
        Learner learner = Learner.create(base, settings(none, arguments), 1);
        NDManager scope = base.manager().newSubManager()) {
      learner.growTo(1);
      for (List<Integer> text : tokens) {
        PackedBatch packed = base.pack(scope, List.of(sequence(text)));
        hidden.add(Torch.floats(base.infer(scope, packed, learner.live()).hidden()));
      }
    }
    return hidden;
  }

  private List<Double> train(BaseModel base, List<List<Integer>> tokens, List<Integer> labels) {
    AdapterShape shape = AdapterShape.of(config(), base.projections(), base.pooled());
    List<Double> losses = new ArrayList<>();
    try (Arguments arguments = shape.plan().arguments();
        Learner learner = Learner.create(base, settings(shape, arguments), 5);
        NDManager scope = base.manager().newSubManager()) {
      learner.growTo(3);
      Map<String, float[]> initial = new LinkedHashMap<>();
      List<NDArray> a = learner.weights().copyA(scope);
      for (int f = 0; f < a.size(); f++) {
        initial.put(shape.plan().targets().get(f).module(), Torch.floats(a.get(f)));
      }
      trial.put("initialA", initial);
      for (int step = 0; step < STEPS; step++) {
        List<PackedBatch.Sequence> sequences = new ArrayList<>();
        int[] targets = new int[BATCH];
        float[] weights = new float[BATCH];
        for (int i = 0; i < BATCH; i++) {
          sequences.add(sequence(tokens.get(step * BATCH + i)));
          targets[i] = labels.get(step * BATCH + i);
          weights[i] = 1f / BATCH;
        }
        Learner.Batch batch = new Learner.Batch(base.pack(scope, sequences), targets, weights);
        double loss = 0;
        for (float one : learner.learn(batch, 0).outcome().losses()) {
          loss += one / BATCH;
        }
        losses.add(loss);
      }
    }
    return losses;
  }

  private static PackedBatch.Sequence sequence(List<Integer> tokens) {
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    return new PackedBatch.Sequence(ids, new int[0]);
  }

  private static ResLoraConfig config() {
    return new ResLoraConfig(8, 16, Shortcut.NONE, 0, 0, List.of("query", "value"));
  }

  private static Learner.Settings settings(AdapterShape shape, Arguments arguments) {
    return new Learner.Settings(
        shape,
        arguments,
        new AdamW(0.9, 0.999, 1e-8, 0.01, 1.0),
        new Schedule(Schedule.Kind.CONSTANT, 0, 1),
        new AdamW.Rates(RATE, 10 * RATE),
        1,
        0,
        ForgettingConfig.OFF);
  }
}
