package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.pipeline.local.LabeledStream;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Batches of real text: the shipped speeches' passages, one after the other, cut into sequences of
 * the wanted lengths. The same arguments give the same batches.
 */
final class SpeechTokens {

  /** Labels of the sequences: the two parties. */
  static final int LABELS = 2;

  private final Lengths lengths;
  private final SplittableRandom random = new SplittableRandom(1);
  private final List<int[]> passages = new ArrayList<>();
  private final List<Integer> parties = new ArrayList<>();
  private int passage;
  private int token;

  private SpeechTokens(Lengths lengths) {
    this.lengths = lengths;
  }

  static List<TokenBatch> batches(Path model, Lengths lengths, int size, int count)
      throws IOException {
    SpeechTokens tokens = new SpeechTokens(lengths);
    tokens.read(model);
    List<TokenBatch> batches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      batches.add(tokens.batch(size));
    }
    return batches;
  }

  private void read(Path model) throws IOException {
    List<String> known = new ArrayList<>();
    try (LabeledStream stream = LabeledStreams.open(LabeledStreams.SPEECHES, "bench", false);
        Tokenizer tokenizer = Tokenizer.open(model)) {
      for (LabeledExample each = stream.next(); each != null; each = stream.next()) {
        if (!known.contains(each.label())) {
          known.add(each.label());
        }
        passages.add(tokenizer.encode(each.text()).tokens());
        parties.add(known.indexOf(each.label()));
      }
    }
  }

  private TokenBatch batch(int size) {
    List<int[]> ids = new ArrayList<>();
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = parties.get(passage);
      ids.add(sequence(lengths.next(random)));
    }
    return new TokenBatch(ids, labels);
  }

  /** So many tokens between the special tokens that begin and end each passage. */
  private int[] sequence(int length) {
    int[] first = passages.get(passage);
    int[] ids = new int[length];
    ids[0] = first[0];
    ids[length - 1] = first[first.length - 1];
    for (int i = 1; i < length - 1; i++) {
      ids[i] = nextToken();
    }
    return ids;
  }

  private int nextToken() {
    int[] tokens = passages.get(passage);
    token++;
    if (token < tokens.length - 1) {
      return tokens[token];
    }
    token = 0;
    passage = (passage + 1) % passages.size();
    return nextToken();
  }

  /** Share of a padded batch's tokens that are padding. */
  static double padding(List<TokenBatch> batches) {
    double tokens = batches.stream().mapToInt(TokenBatch::tokens).sum();
    return 1 - tokens / batches.stream().mapToInt(TokenBatch::padded).sum();
  }

  /** Tokens of a sequence: shortest, longest, mean. */
  static String spread(List<TokenBatch> batches) {
    int[] all = batches.stream().flatMapToInt(each -> Arrays.stream(each.lengths())).toArray();
    return "%d to %d tokens, mean %.1f"
        .formatted(
            Arrays.stream(all).min().orElse(0),
            Arrays.stream(all).max().orElse(0),
            Arrays.stream(all).average().orElse(0));
  }
}
