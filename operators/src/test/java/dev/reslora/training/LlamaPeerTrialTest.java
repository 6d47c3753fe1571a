package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.BaseModel;
import dev.reslora.model.Decoder;
import dev.reslora.model.LlamaBase;
import dev.reslora.model.PackedBatch;
import dev.reslora.model.Sampling;
import dev.reslora.model.TestModels;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.PlainAdapter;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Twenty steps of plain LoRA on a language model, and a merged adapter of another that learned with
 * a shortcut, written down with everything that another implementation needs to repeat them: {@code
 * deploy/smoke/llama_check.py} does so with transformers and peft. The model is a small random one,
 * or the directory that the system property {@code reslora.peer.model} names.
 */
class LlamaPeerTrialTest {

  private static final int STEPS = 20;
  private static final int BATCH = 6;
  private static final double RATE = 3e-3;
  private static final int GENERATED = 24;
  private static final String TEXT =
      "Once upon a time there was a stream that goes on and on, and a ship that sails on it. ";

  private final Map<String, Object> trial = new LinkedHashMap<>();

  @Test
  void learnsAndWritesDownHow() throws Exception {
    String given = System.getProperty("reslora.peer.model");
    Path model = given == null ? TestModels.tinyLlama() : Path.of(given);
    Path out = Files.createDirectories(Path.of("target", "llama-peer"));
    int[] text;
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      text = tokenizer.encode(TEXT.repeat(12)).tokens();
    }
    trial.put("model", model.toAbsolutePath().normalize().toString());
    trial.put("batch", BATCH);
    trial.put("learningRate", RATE);
    BaseModel.Variant variant = new BaseModel.Variant(false, false);
    try (LlamaBase base = (LlamaBase) BaseModel.open(model, "cpu", variant)) {
      List<int[]> sequences = new ArrayList<>();
      for (int i = 0; i < STEPS * BATCH; i++) {
        int begin = 7 * i % (text.length - 40);
        sequences.add(Arrays.copyOfRange(text, begin, begin + 5 + 11 * i % 30));
      }
      trial.put("sequences", sequences);
      trial.put("from", sequences.stream().map(LlamaPeerTrialTest::from).toList());
      List<Double> losses = train(base, sequences, Shortcut.NONE, null);
      trial.put("losses", losses);
      assertThat(losses.get(STEPS - 1)).isLessThan(losses.get(0));
      train(base, sequences, Shortcut.BLOCK, out.resolve("adapter"));
    }
    new ObjectMapper().writeValue(out.resolve("trial.json").toFile(), trial);
    assertThat(out.resolve("adapter/adapter_model.safetensors")).isNotEmptyFile();
  }

  /** Every other sequence is half prompt, half completion. */
  private static int from(int[] sequence) {
    return sequence.length % 2 == 0 ? 1 : sequence.length / 2;
  }

  private List<Double> train(
      LlamaBase base, List<int[]> sequences, Shortcut shortcut, @Nullable Path adapter)
      throws IOException {
    ResLoraConfig config = new ResLoraConfig(8, 16, shortcut, -1, 0, List.of(".*_proj"));
    AdapterShape shape = AdapterShape.of(config, base.projections(), base.pooled());
    List<Double> losses = new ArrayList<>();
    try (Arguments arguments = shape.plan().arguments();
        Learner learner = Learner.create(base, settings(shape, arguments), 5);
        NDManager scope = base.manager().newSubManager()) {
      if (shortcut == Shortcut.NONE) {
        trial.put("initialA", initial(learner, shape, scope));
      }
      for (int step = 0; step < STEPS; step++) {
        losses.add(step(base, learner, sequences.subList(step * BATCH, (step + 1) * BATCH)));
      }
      if (adapter != null) {
        List<Learner.Batch> recent = List.of(batch(base, scope, sequences.subList(0, BATCH)));
        MergedAdapter merged =
            MergedCopy.of(
                    base,
                    learner,
                    Merge.EXACT,
                    new MergedCopy.Head(List.of(), Pooling.MEAN),
                    new MergedCopy.Examples(recent, recent))
                .adapter();
        write(merged, base, adapter);
        answer(merged, base, sequences.get(1));
      }
    }
    return losses;
  }

  private static Map<String, float[]> initial(
      Learner learner, AdapterShape shape, NDManager scope) {
    Map<String, float[]> initial = new LinkedHashMap<>();
    List<NDArray> a = learner.weights().copyA(scope);
    for (int f = 0; f < a.size(); f++) {
      initial.put(shape.plan().targets().get(f).module(), Torch.floats(a.get(f)));
    }
    return initial;
  }

  private static Learner.Batch batch(LlamaBase base, NDManager scope, List<int[]> sequences) {
    int[] from = sequences.stream().mapToInt(LlamaPeerTrialTest::from).toArray();
    int predictions =
        IntStream.range(0, from.length).map(i -> sequences.get(i).length - from[i]).sum();
    float[] weights = new float[from.length];
    Arrays.fill(weights, 1f / predictions);
    List<PackedBatch.Sequence> packed =
        sequences.stream().map(ids -> new PackedBatch.Sequence(ids, new int[0])).toList();
    return new Learner.Batch(base.pack(scope, packed), from, weights);
  }

  private static double step(LlamaBase base, Learner learner, List<int[]> sequences) {
    try (NDManager scope = base.manager().newSubManager()) {
      Learner.Batch batch = batch(base, scope, sequences);
      double loss = 0;
      for (float one : learner.learn(batch, 0).outcome().losses()) {
        loss += (double) one * batch.weights()[0];
      }
      return loss;
    }
  }

  private static void write(MergedAdapter merged, LlamaBase base, Path directory)
      throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file :
        PeftLayout.write(merged, base.name(), base.digest()).entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
  }

  /** What the merged adapter makes of a prompt. */
  private void answer(MergedAdapter merged, LlamaBase base, int[] prompt) {
    try (PlainAdapter plain =
            PlainAdapter.of(
                base.manager(), merged, base.projections(), base.pooled(), base.config().hidden());
        Decoder decoder = base.decoder(plain.live(), prompt.length + GENERATED)) {
      float[] logits = decoder.accept(prompt);
      trial.put("prompt", prompt);
      trial.put("logits", logits);
      int[] generated = new int[GENERATED];
      for (int i = 0; i < GENERATED; i++) {
        generated[i] = Sampling.GREEDY.choose(logits, decoder.length());
        logits = decoder.accept(generated[i]);
      }
      trial.put("generated", generated);
    }
  }

  private static Learner.Settings settings(AdapterShape shape, Arguments arguments) {
    return new Learner.Settings(
        shape,
        arguments,
        new AdamW(0.9, 0.999, 1e-8, 0.01, 1.0),
        new Schedule(Schedule.Kind.CONSTANT, 0, 1),
        new AdamW.Rates(RATE, RATE),
        1,
        0,
        ForgettingConfig.OFF);
  }
}
