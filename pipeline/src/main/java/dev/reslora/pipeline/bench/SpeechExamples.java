package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.pipeline.local.LabeledStream;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Passages of the shipped speeches, cut short, from the beginning again after the last. */
final class SpeechExamples {

  private static final int WORDS = 30;

  private final List<LabeledExample> passages = new ArrayList<>();
  private int next;

  SpeechExamples() throws IOException {
    try (LabeledStream stream = LabeledStreams.open(LabeledStreams.SPEECHES, "bench", false)) {
      for (LabeledExample each = stream.next(); each != null; each = stream.next()) {
        passages.add(each);
      }
    }
  }

  /** The next passage, for an adapter to learn from. */
  TrainingExample next(String adapterId) {
    LabeledExample passage = passages.get(next % passages.size());
    next++;
    String[] words = passage.text().split(" ", WORDS + 1);
    String text = String.join(" ", List.of(words).subList(0, Math.min(WORDS, words.length)));
    return new LabeledExample(adapterId, "e" + next, time(), text, passage.label()).toRecord();
  }

  /** Event time of the last passage. */
  Instant time() {
    return Instant.ofEpochSecond(next);
  }
}
