package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every variant of the family against what transformers made of it, see llama_cases.py. */
class LlamaCasesTest {

  private static final JsonNode RECORDED = recorded();

  @TempDir private Path directory;

  @BeforeAll
  static void oneThread() {
    Torch.useThreads(1);
  }

  private static JsonNode recorded() {
    try (InputStream in = LlamaCasesTest.class.getResourceAsStream("llama-cases.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A variant and what transformers found. */
  private record Recorded(JsonNode json) {
    @Override
    public String toString() {
      return json.get("name").asText();
    }
  }

  static List<Recorded> variants() {
    return StreamSupport.stream(RECORDED.get("cases").spliterator(), false)
        .map(Recorded::new)
        .toList();
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void equalsTransformers(Recorded each) throws IOException {
    try (LlamaTrial trial = open(each)) {
      List<PackedBatch.Sequence> sequences = new ArrayList<>();
      RECORDED
          .get("sequences")
          .forEach(ids -> sequences.add(new PackedBatch.Sequence(ints(ids), new int[0])));
      AdapterShape frozen = trial.shape(new ResLoraConfig(1, 1, Shortcut.NONE, -1, 0, List.of()));
      try (AdapterWeights weights = trial.adapter(frozen, new float[0]);
          Arguments arguments = frozen.plan().arguments();
          NDManager scope = trial.base.manager().newSubManager()) {
        LiveAdapter none = weights.live(arguments);
        PackedBatch batch = trial.base.pack(scope, sequences);
        int[] from = {1, 1};
        float[] losses = trial.base.test(batch, none, from).losses();
        float[] logits = Torch.floats(trial.base.infer(scope, batch, none).logits());
        int vocabulary = trial.model.config.vocabulary();
        for (int i = 0; i < from.length; i++) {
          int sequence = batch.order()[i];
          assertThat(losses[sequence] / (sequences.get(sequence).ids().length - 1))
              .isCloseTo((float) each.json.get("losses").get(sequence).asDouble(), within(1e-4f));
          JsonNode expected = each.json.get("logits").get(sequence);
          for (int v = 0; v < vocabulary; v++) {
            assertThat(logits[i * vocabulary + v])
                .isCloseTo((float) expected.get(v).asDouble(), within(1e-4f));
          }
        }
        assertThat(generated(trial.base, none, sequences.get(1).ids(), 20))
            .containsExactly(ints(each.json.get("generated")));
      }
    }
  }

  private LlamaTrial open(Recorded each) throws IOException {
    return LlamaTrial.open(new RandomLlama(each.json.get("config")), directory, false, false);
  }

  private static int[] generated(LlamaBase base, LiveAdapter adapter, int[] prompt, int count) {
    int[] tokens = new int[count];
    try (Decoder decoder = base.decoder(adapter, prompt.length + count)) {
      float[] logits = decoder.accept(prompt);
      for (int i = 0; i < count; i++) {
        tokens[i] = Sampling.GREEDY.choose(logits, decoder.length());
        logits = decoder.accept(tokens[i]);
      }
    }
    return tokens;
  }

  @Test
  void generatesInBfloat16() throws IOException {
    try (LlamaTrial trial = LlamaTrial.open(RandomLlama.of(""), directory, true, false)) {
      AdapterShape frozen = trial.shape(new ResLoraConfig(1, 1, Shortcut.NONE, -1, 0, List.of()));
      try (AdapterWeights weights = trial.adapter(frozen, new float[0]);
          Arguments arguments = frozen.plan().arguments()) {
        int[] once = generated(trial.base, weights.live(arguments), new int[] {1, 40, 2}, 8);
        assertThat(Arrays.stream(once)).hasSize(8).allMatch(id -> id >= 0 && id < 48);
        assertThat(generated(trial.base, weights.live(arguments), new int[] {1, 40, 2}, 8))
            .isEqualTo(once);
      }
    }
  }

  @Test
  void refusesMoreTokensThanThereIsRoomFor() throws IOException {
    try (LlamaTrial trial = LlamaTrial.open(RandomLlama.of(""), directory, false, false)) {
      AdapterShape frozen = trial.shape(new ResLoraConfig(1, 1, Shortcut.NONE, -1, 0, List.of()));
      try (AdapterWeights weights = trial.adapter(frozen, new float[0]);
          Arguments arguments = frozen.plan().arguments();
          Decoder decoder = trial.base.decoder(weights.live(arguments), 3)) {
        decoder.accept(1, 2);
        assertThatThrownBy(() -> decoder.accept(3, 4))
            .hasMessage("tokens: expected 1 to 1, found 2");
        assertThatThrownBy(() -> trial.base.decoder(weights.live(arguments), 65))
            .hasMessage("tokens of a text: expected 1 to 64, found 65");
      }
    }
  }

  /** With an adapter of every shortcut, what the cache gives is what a whole pass gives. */
  static List<Recorded> few() {
    return List.of(variants().get(0), variants().get(9));
  }

  @ParameterizedTest
  @MethodSource("few")
  void decodesAsItReads(Recorded each) throws IOException {
    int[] text = ints(RECORDED.get("sequences").get(0));
    try (LlamaTrial trial = open(each)) {
      for (Shortcut shortcut : Shortcut.values()) {
        AdapterShape shape =
            trial.shape(new ResLoraConfig(3, 6, shortcut, -1, 0, List.of("q_proj", "down_proj")));
        try (AdapterWeights weights = trial.adapter(shape, trial.params(shape));
            Arguments arguments = shape.plan().arguments();
            NDManager scope = trial.base.manager().newSubManager();
            Decoder decoder = trial.base.decoder(weights.live(arguments), text.length)) {
          decoder.accept(Arrays.copyOf(text, 4));
          decoder.accept(Arrays.copyOfRange(text, 4, 9));
          for (int t = 9; t < text.length - 1; t++) {
            decoder.accept(text[t]);
          }
          float[] found = decoder.accept(text[text.length - 1]);
          PackedBatch whole =
              trial.base.pack(scope, List.of(new PackedBatch.Sequence(text, new int[0])));
          float[] expected =
              Torch.floats(trial.base.infer(scope, whole, weights.live(arguments)).logits());
          for (int v = 0; v < expected.length; v++) {
            assertThat(found[v]).isCloseTo(expected[v], within(1e-4f));
          }
        }
      }
    }
  }
}
