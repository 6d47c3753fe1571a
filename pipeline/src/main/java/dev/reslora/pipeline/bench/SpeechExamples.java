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
public final class SpeechExamples {

  /** Words of a passage that make a sequence of usual length. */
  static final int WORDS = 30;

  private final int words;
  private final List<LabeledExample> passages = new ArrayList<>();
  private int next;

  /**
   * Begins with the first.
   *
   * @param words most words of a passage
   */
  public SpeechExamples(int words) throws IOException {
    this.words = words;
    try (LabeledStream stream = LabeledStreams.open(LabeledStreams.SPEECHES, "bench", false)) {
      for (LabeledExample each = stream.next(); each != null; each = stream.next()) {
        passages.add(each);
      }
    }
  }

  /** The next passage, for an adapter to learn from. */
  public LabeledExample passage(String adapterId) {
    LabeledExample passage = passages.get(next % passages.size());
    next++;
    String[] all = passage.text().split(" ", words + 1);
    String text = String.join(" ", List.of(all).subList(0, Math.min(words, all.length)));
    return new LabeledExample(adapterId, "e" + next, time(), text, passage.label());
  }

  /** The next passage as a record of the training topic. */
  TrainingExample next(String adapterId) {
    return passage(adapterId).toRecord();
  }

  /** Event time of the last passage. */
  Instant time() {
    return Instant.ofEpochSecond(next);
  }
}
