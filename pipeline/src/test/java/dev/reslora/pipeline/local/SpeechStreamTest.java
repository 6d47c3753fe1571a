package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.PlainText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpeechStreamTest {

  @Test
  void bothPartiesSpeakInEveryPeriod() throws IOException {
    List<LabeledExample> all = all();
    assertThat(all).hasSize(2_829);
    for (int from = 0; from + 200 <= all.size(); from += 200) {
      Set<String> parties =
          all.subList(from, from + 200).stream()
              .map(LabeledExample::label)
              .collect(Collectors.toSet());
      assertThat(parties).containsExactlyInAnyOrder("Democratic", "Republican");
    }
  }

  @Test
  void givesThePassageBeforeNoAnswerAway() throws IOException {
    List<LabeledExample> all = all();
    long repeats =
        IntStream.range(1, all.size())
            .filter(i -> all.get(i).label().equals(all.get(i - 1).label()))
            .count();
    assertThat((double) repeats / all.size()).isLessThan(0.56);
  }

  @Test
  void isTheSameEveryTime() throws IOException {
    assertThat(all()).isEqualTo(all());
  }

  @Test
  void cutsAtSentencesOnceThereAreWordsEnough() {
    String sentence = "one two three four five six seven eight nine ten. ";
    List<String> passages = SpeechStream.cut(sentence.repeat(13));
    assertThat(passages).hasSize(2).allMatch(text -> text.endsWith("ten."));
    assertThat(passages.get(0)).isEqualTo(sentence.repeat(6).strip());
  }

  @Test
  void givesAllAddressesAsTextsInTheOrderOfTheYears() throws IOException {
    List<LabeledExample> texts = new ArrayList<>();
    try (LabeledStream stream = LabeledStreams.texts(LabeledStreams.SPEECHES, "mine", false)) {
      for (LabeledExample e = stream.next(); e != null; e = stream.next()) {
        texts.add(e);
      }
    }
    assertThat(texts).hasSizeGreaterThan(3000);
    assertThat(texts).extracting(LabeledExample::eventTime).isSorted();
    assertThat(texts.get(0).toRecord().getPayload()).isInstanceOf(PlainText.class);
    assertThat(texts.get(0).text()).startsWith("Fellow-Citizens of the Senate");
  }

  @Test
  void keepsFromTheStreamWhatTheShippedModelHasRead() throws IOException {
    try (LabeledStream stream = SpeechStream.texts("mine", LanguageDemo.FIRST_YEAR)) {
      LabeledExample first = stream.next();
      assertThat(first).isNotNull();
      assertThat(first.eventTime()).isEqualTo("1901-01-01T00:00:00Z");
    }
  }

  private static List<LabeledExample> all() throws IOException {
    List<LabeledExample> examples = new ArrayList<>();
    try (LabeledStream stream = LabeledStreams.open(LabeledStreams.SPEECHES, "party", false)) {
      for (LabeledExample e = stream.next(); e != null; e = stream.next()) {
        examples.add(e);
      }
    }
    return examples;
  }
}
