package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.UnlabeledText;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFilterTest {

  private static final String DEBRIS = "0x7f3a:{[<%%>]}=;|&^~~#@!19-04/22_";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The mail, they said, would come at noon; it did not.",
        "Größe und Maß sind – wie immer – fraglich, oder?",
        "Ещё одна строка, написанная по-русски.",
        "這是一個用中文寫的句子。",
        "यह हिन्दी में लिखा हुआ एक वाक्य है।",
        "هذه جملة مكتوبة باللغة العربية.",
        "ประโยคนี้เขียนเป็นภาษาไทย"
      })
  void takesProseOfAnyScript(String text) {
    assertThat(TextFilter.letters(List.of(text))).isGreaterThan(0.85);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {DEBRIS, "12.5;13.75;88;1e-3;0;0;0;17", "\u0001\u0002\ufffd\ufffd\ufffd\u0003"})
  void refusesWhatIsNone(String text) {
    assertThat(TextFilter.letters(List.of(text))).isLessThan(0.5);
    RejectedException rejected =
        catchThrowableOfType(
            RejectedException.class, () -> new TextFilter(0.5).check(new PlainText(text)));
    assertThat(rejected.reason()).isEqualTo(RejectionReason.GIBBERISH);
    assertThat(rejected).hasMessageStartingWith("text: expected a share of letters and blanks");
  }

  @Test
  void looksAtTheTextsOfEveryPayload() {
    TextFilter filter = new TextFilter(0.5);
    List<Object> payloads =
        List.of(
            new LabeledText(DEBRIS, "label"),
            new UnlabeledText(DEBRIS),
            new TextPair(DEBRIS, DEBRIS, "label"),
            new PromptCompletion(DEBRIS, DEBRIS),
            new ChatMessages(List.of(new ChatMessage("assistant", DEBRIS))));
    assertThat(payloads)
        .allSatisfy(
            payload ->
                assertThat(
                        catchThrowableOfType(RejectedException.class, () -> filter.check(payload)))
                    .isNotNull());
    assertThatCode(() -> filter.check(new TextPair(DEBRIS, "a text ".repeat(20), "label")))
        .as("its texts together")
        .doesNotThrowAnyException();
    assertThatCode(() -> filter.check(new LaterLabel("7", false))).doesNotThrowAnyException();
    assertThatCode(() -> new TextFilter(0).check(new PlainText(DEBRIS))).doesNotThrowAnyException();
  }

  @Test
  void countsCodePoints() {
    assertThat(TextFilter.letters(List.of())).isEqualTo(1);
    assertThat(TextFilter.letters(List.of("ab", "12"))).isEqualTo(0.5);
    assertThat(TextFilter.letters(List.of("\uD835\uDD04\uD83D\uDE00"))).isEqualTo(0.5);
  }
}
