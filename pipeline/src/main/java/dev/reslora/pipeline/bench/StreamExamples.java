package dev.reslora.pipeline.cli;

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

/** The first examples of a stream, tokenized for a model as benchmarks learn them. */
final class StreamExamples {

  private static final int MAX_TOKENS = 64;

  private StreamExamples() {}

  static List<TokenizedExample> read(String stream, Path model, int limit, BenchConsole console)
      throws IOException {
    List<TokenizedExample> examples = new ArrayList<>();
    try (LabeledStream labelled = LabeledStreams.open(stream, "trial", false);
        ExampleEncoder encoder = ExampleEncoder.open(model, MAX_TOKENS, TextTooLong.TRUNCATE)) {
      for (LabeledExample next = labelled.next();
          next != null && examples.size() < limit;
          next = labelled.next()) {
        try {
          examples.addAll(encoder.encode(next.toRecord(), "bench", 0, examples.size()));
        } catch (RejectedException e) {
          // The job would send it to the dead letters.
          console.says("passed over: " + e.getMessage());
        }
      }
    }
    return examples;
  }
}
