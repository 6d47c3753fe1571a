package dev.reslora.snapshot;

import dev.reslora.reslora.ClassifierHead;
import java.util.Map;
import java.util.Optional;

/**
 * How transformers' sequence classifier of a family holds its head, logits = out(tanh(dense(h_0))),
 * and where. Ours is linear on the first token's hidden state h_0. So dense becomes e I, which tanh
 * lets through (tanh(e h) = e h (1 - (e h)^2 / 3 + ...), with e = 2^-12 and |h| below 10 off by
 * less than 2e-6), and out takes W / e; powers of two round nothing.
 *
 * @param architecture class name, for config.json
 * @param prefix of the encoder's tensors
 * @param dense module of the first layer
 * @param out module of the second layer
 */
record SequenceClassifier(String architecture, String prefix, String dense, String out) {

  /** e. */
  static final float EPSILON = 0x1p-12f;

  private static final Map<String, SequenceClassifier> BY_MODEL_TYPE =
      Map.of(
          "bert",
          new SequenceClassifier(
              "BertForSequenceClassification", "bert.", "bert.pooler.dense", "classifier"),
          "roberta",
          roberta("RobertaForSequenceClassification"),
          "xlm-roberta",
          roberta("XLMRobertaForSequenceClassification"),
          "camembert",
          roberta("CamembertForSequenceClassification"));

  private static SequenceClassifier roberta(String architecture) {
    return new SequenceClassifier(
        architecture, "roberta.", "classifier.dense", "classifier.out_proj");
  }

  /** The class that can hold a head, if there is one: none of them pools by the mean. */
  static Optional<SequenceClassifier> of(String modelType, ClassifierHead head) {
    return head.pooling().equals("cls")
        ? Optional.ofNullable(BY_MODEL_TYPE.get(modelType))
        : Optional.empty();
  }

  /** Whether a base model's tensor is the encoder's, and not an old head's. */
  static boolean keeps(String baseName) {
    return baseName.startsWith("embeddings.") || baseName.startsWith("encoder.");
  }

  /** e I, [hidden, hidden]. */
  static float[] denseWeight(ClassifierHead head) {
    float[] weight = new float[head.hidden() * head.hidden()];
    for (int i = 0; i < head.hidden(); i++) {
      weight[i * head.hidden() + i] = EPSILON;
    }
    return weight;
  }

  /** W / e, [labels, hidden]. */
  static float[] outWeight(ClassifierHead head) {
    float[] weight = head.weight().clone();
    for (int i = 0; i < weight.length; i++) {
      weight[i] /= EPSILON;
    }
    return weight;
  }
}
