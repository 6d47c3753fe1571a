package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.pipeline.TestModels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpeechTokensTest {

  private static final int CLS = 101;
  private static final int SEP = 102;

  @Test
  void mixedBatchesHaveAQuarterOfPaddingAndAreTheSameEachTime() throws IOException {
    List<TokenBatch> batches = batches("mixed", 32, 40);
    assertThat(SpeechTokens.padding(batches)).isBetween(0.2, 0.3);
    assertThat(batches.get(39).ids().toArray())
        .isEqualTo(batches("mixed", 32, 40).get(39).ids().toArray());
    assertThat(batches)
        .allSatisfy(
            batch ->
                assertThat(Arrays.stream(batch.lengths()).boxed().toList())
                    .allSatisfy(length -> assertThat(length).isBetween(8, 64)));
  }

  @Test
  void fixedLengthsArePaddedByNothingAndKeepTheSpecialTokensOutside() throws IOException {
    List<TokenBatch> batches = batches("128", 4, 3);
    assertThat(SpeechTokens.padding(batches)).isZero();
    for (int[] ids : batches.get(2).ids()) {
      assertThat(ids).hasSize(128).startsWith(CLS).endsWith(SEP);
      assertThat(Arrays.copyOfRange(ids, 1, 127)).doesNotContain(CLS, SEP);
    }
    assertThat(batches.get(0).labels()).hasSize(4).doesNotContain(-1, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "7", "513", "-8", "64.0", "Mixed", "99999999999"})
  void namesTheOptionOfAWrongLength(String text) {
    assertThatThrownBy(() -> Lengths.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--lengths: expected mixed or a number from 8 to 512, found " + text);
  }

  private static List<TokenBatch> batches(String lengths, int size, int count) throws IOException {
    return SpeechTokens.batches(TestModels.minilm(), Lengths.of(lengths), size, count);
  }
}
