package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.pipeline.local.LabeledStream;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.schema.RejectedException;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A stream's examples, tokenized for a model as benchmarks learn them. */
public final class StreamExamples {

  static final int MAX_TOKENS = 64;

  private StreamExamples() {}

  /**
   * The first examples of a stream that is named as {@link LabeledStreams} takes it, cut at 64
   * tokens.
   */
  public static List<TokenizedExample> read(
      String stream, Path model, int limit, BenchListener listener) throws IOException {
    try (LabeledStream labelled = LabeledStreams.open(stream, "trial", false);
        ExampleEncoder encoder = ExampleEncoder.open(model, MAX_TOKENS, TextTooLong.TRUNCATE)) {
      return read(labelled, encoder, 1, limit, listener);
    }
  }

  /**
   * The first examples of every n-th text. What the job would send to the dead letters is told and
   * passed over.
   */
  public static List<TokenizedExample> read(
      LabeledStream stream, ExampleEncoder encoder, int every, int limit, BenchListener listener)
      throws IOException {
    List<TokenizedExample> examples = new ArrayList<>();
    int number = 0;
    for (LabeledExample next = stream.next();
        next != null && examples.size() < limit;
        next = stream.next()) {
      if (number++ % every == 0) {
        try {
          examples.addAll(encoder.encode(next.toRecord(), "bench", 0, examples.size()));
        } catch (RejectedException e) {
          listener.says("passed over: " + e.getMessage());
        }
      }
    }
    return examples;
  }
}
