package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.text.TokenizedText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is told of a model's answers; all tasks share batches. */
enum InferenceTask {
  /** Labels with their probabilities. */
  CLASSIFY {
    @Override
    Object result(Answer answer, boolean truncated) {
      Map<String, Float> probabilities = new LinkedHashMap<>();
      for (int i = 0; i < answer.labels().size(); i++) {
        probabilities.put(answer.labels().get(i), answer.probabilities()[i]);
      }
      return new Classification(answer.label(), probabilities, truncated);
    }
  },
  /** The pooled vector that the classifier reads. */
  EMBED {
    @Override
    Object result(Answer answer, boolean truncated) {
      return new Embedding(answer.embedding(), truncated);
    }
  };

  /**
   * The body of an answer.
   *
   * @param results one a text, in the request's order
   */
  record Response(String adapter, long version, String digest, List<Object> results) {}

  /**
   * A classified text.
   *
   * @param truncated whether the text was cut to what the model reads
   */
  record Classification(String label, Map<String, Float> probabilities, boolean truncated) {}

  /**
   * An embedded text.
   *
   * @param truncated whether the text was cut to what the model reads
   */
  record Embedding(float[] embedding, boolean truncated) {}

  abstract Object result(Answer answer, boolean truncated);

  Response response(SnapshotManifest version, List<TokenizedText> texts, List<Answer> answers) {
    List<Object> results = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      results.add(result(answers.get(i), texts.get(i).truncated()));
    }
    return new Response(version.getAdapterId(), version.getVersion(), version.getDigest(), results);
  }
}
