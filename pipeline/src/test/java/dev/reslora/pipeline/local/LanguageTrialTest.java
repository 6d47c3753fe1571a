package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LanguageTrialTest {

  @Test
  void adaptsFromTheFrozenModelDown() throws Exception {
    Path model = TestModels.tinyLlama();
    List<TokenizedExample> examples = new ArrayList<>();
    try (ExampleEncoder encoder = ExampleEncoder.open(model, 32, TextTooLong.TRUNCATE)) {
      for (int i = 0; i < 240; i++) {
        examples.addAll(
            encoder.encode(
                new TrainingExample(
                    "a", "e", Instant.EPOCH, new PlainText("the stream goes on and on"), 1f, null),
                "in",
                0,
                i));
      }
    }
    LanguageTrial.Result result = LanguageTrial.ALL.get(1).run(model, examples, 1);
    List<LanguageTrial.Bits> windows = result.windows();
    assertThat(windows).hasSize(8);
    assertThat(windows.get(7).adapted()).isLessThan(0.9 * windows.get(7).frozen());
    assertThat(windows.get(0).frozen()).isEqualTo(windows.get(7).frozen());
    assertThat(result.whole().adapted())
        .isBetween(windows.get(7).adapted(), windows.get(0).adapted());
    assertThat(result.tokens())
        .isEqualTo(examples.stream().mapToLong(example -> example.tokens().length).sum());
  }
}
