package dev.reslora.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.model.Sampling;
import dev.reslora.model.TestModels;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.serving.Completions.Completion;
import dev.reslora.serving.Completions.End;
import dev.reslora.serving.Completions.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompletionsTest {

  @SuppressWarnings("NullAway.Init")
  private ServedModel model;

  @BeforeAll
  void open() throws IOException {
    Torch.useThreads(1);
    model = ServedModel.open(TestModels.tinyLlama(), "cpu");
  }

  @AfterAll
  void close() {
    model.close();
  }

  /** An adapter that changes q of the first layer, by so much. */
  private static MergedAdapter adapter(float size) {
    float[] a = new float[16];
    float[] b = new float[16];
    Arrays.fill(a, size);
    Arrays.fill(b, 1);
    String q = "model.layers.0.self_attn.q_proj";
    return new MergedAdapter(List.of(new MergedFactor(q, 1, 16, 16, a, b)), null);
  }

  @Test
  void findsWhatItWouldWriteItselfTheLikeliest() throws IOException {
    try (ServedModel.LoadedAdapter none = model.frozen()) {
      double[] alone = none.logLikelihoods("the stream", List.of(" goes"));
      double[] among = none.logLikelihoods("the stream", List.of(" to the sea", " goes", " q"));
      assertThat(among[1]).isCloseTo(alone[0], within(1e-4));
      assertThat(Arrays.stream(among).max().orElseThrow()).isNegative();
      // A text is as likely as its beginning, and then its rest.
      double[] parts = none.logLikelihoods("the stream goes", List.of(" to"));
      double[] whole = none.logLikelihoods("the stream", List.of(" goes to"));
      assertThat(whole[0]).isCloseTo(alone[0] + parts[0], within(1e-4));
      assertThatThrownBy(() -> none.logLikelihoods("the stream", List.of("")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("prompt and ending: expected");
    }
  }

  @Test
  void completesWithoutAnAdapterAsWithOneThatChangesNothing() throws IOException {
    Request request = new Request("the stream", 12, Sampling.GREEDY);
    try (ServedModel.LoadedAdapter none = model.frozen();
        ServedModel.LoadedAdapter zero = model.load(adapter(0));
        ServedModel.LoadedAdapter other = model.load(adapter(3))) {
      Completion frozen = none.complete(request, part -> {});
      assertThat(frozen).isEqualTo(zero.complete(request, part -> {}));
      assertThat(frozen).isNotEqualTo(other.complete(request, part -> {}));
    }
  }

  @Test
  void givesTheTextPieceByPieceAndWhole() throws IOException {
    try (ServedModel.LoadedAdapter adapter = model.load(adapter(0))) {
      List<String> parts = new ArrayList<>();
      Request request = new Request("the stream", 24, new Sampling(1.5, 1, 3));
      Completion completion = adapter.complete(request, parts::add);
      assertThat(String.join("", parts)).isEqualTo(completion.text()).isNotEmpty();
      assertThat(parts).hasSizeGreaterThan(3);
      assertThat(completion.promptTokens()).isPositive();
      assertThat(completion.tokens()).isLessThanOrEqualTo(24);
      assertThat(completion.end() == End.LENGTH).isEqualTo(completion.tokens() == 24);
      assertThat(adapter.complete(request, part -> {})).isEqualTo(completion);
    }
  }

  @Test
  void answersThroughTheAdapter() throws IOException {
    Request request = new Request("the stream goes", 32, Sampling.GREEDY);
    try (ServedModel.LoadedAdapter none = model.load(adapter(0));
        ServedModel.LoadedAdapter strong = model.load(adapter(3))) {
      assertThat(strong.complete(request, part -> {}))
          .isNotEqualTo(none.complete(request, part -> {}));
    }
  }

  @Test
  void stopsWhereTheModelEnds() throws IOException {
    try (ServedModel.LoadedAdapter adapter = model.load(adapter(0))) {
      for (int seed = 0; ; seed++) {
        assertThat(seed).as("seeds tried").isLessThan(400);
        Completion completion =
            adapter.complete(new Request("", 8, new Sampling(8, 1, seed)), part -> {});
        if (completion.end() == End.STOP) {
          assertThat(completion.tokens()).isLessThan(8);
          assertThat(completion.text()).doesNotContain("</s>");
          return;
        }
      }
    }
  }

  @Test
  void endsWhereTheModelCanTakeNoMore() throws IOException {
    try (ServedModel.LoadedAdapter adapter = model.load(adapter(0))) {
      Completion completion =
          adapter.complete(new Request("z".repeat(60), 100, Sampling.GREEDY), part -> {});
      assertThat(completion.promptTokens() + completion.tokens()).isLessThanOrEqualTo(64);
      assertThatThrownBy(
              () -> adapter.complete(new Request("z".repeat(64), 1, Sampling.GREEDY), part -> {}))
          .hasMessage("prompt: expected 1 to 63 tokens, found 65");
      assertThatThrownBy(() -> adapter.complete(new Request("z", 0, Sampling.GREEDY), part -> {}))
          .hasMessage("max tokens: expected at least 1, found 0");
    }
  }

  @Test
  void classifiesNothing() throws IOException {
    try (ServedModel.LoadedAdapter adapter = model.load(adapter(0))) {
      assertThatThrownBy(() -> adapter.classify(List.of("a")))
          .isInstanceOf(IllegalStateException.class);
    }
    ClassifierHead head = new ClassifierHead(List.of("a"), "mean", 16, new float[16], new float[1]);
    assertThatThrownBy(() -> model.load(new MergedAdapter(adapter(0).factors(), head)))
        .hasMessage("adapter: expected none for a language model, found a classifier's head");
  }
}
