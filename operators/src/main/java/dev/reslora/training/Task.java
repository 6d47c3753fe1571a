package dev.reslora.training;

import dev.reslora.model.ModelConfig;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.text.TokenizedExample;
import org.jspecify.annotations.Nullable;

/** What an example teaches; follows from the base model. */
enum Task {

  /** An encoder learns the label of a text: one prediction an example. */
  CLASSIFICATION {
    @Override
    Admission.@Nullable Refusal refusal(TokenizedExample example, Labels labels, int maxLabels) {
      String label = example.label();
      if (label == null) {
        return new Admission.Refusal(
            RejectionReason.UNSUPPORTED_PAYLOAD,
            "expected a label: the base model is trained as a classifier, and texts wait for theirs"
                + " only with labels.time-out");
      }
      if (!labels.contains(label) && labels.size() >= maxLabels) {
        return new Admission.Refusal(
            RejectionReason.TOO_MANY_LABELS,
            "label "
                + label
                + " is new and the head has its "
                + maxLabels
                + " labels (training.max-labels)");
      }
      if (!labels.contains(label) && labels.bytes() + Labels.bytes(label) > LABEL_BYTES) {
        return new Admission.Refusal(
            RejectionReason.TOO_MANY_LABELS,
            "a new label of %d bytes, and the head's labels take %d of the %d that a manifest has room for"
                .formatted(Labels.bytes(label), labels.bytes(), LABEL_BYTES));
      }
      labels.row(label);
      return null;
    }

    @Override
    int target(TokenizedExample example, Labels labels) {
      String label = example.label();
      return label == null ? 0 : labels.row(label);
    }

    @Override
    int predictions(TokenizedExample example) {
      return 1;
    }
  },

  /** A language model learns the tokens of a text from those before them. */
  LANGUAGE_MODELLING {
    @Override
    Admission.@Nullable Refusal refusal(TokenizedExample example, Labels labels, int maxLabels) {
      return example.label() == null && predictions(example) > 0
          ? null
          : new Admission.Refusal(
              RejectionReason.UNSUPPORTED_PAYLOAD,
              "expected a text without label: the base model is a language model");
    }

    @Override
    int target(TokenizedExample example, Labels labels) {
      return Math.max(1, example.lossFrom());
    }

    @Override
    int predictions(TokenizedExample example) {
      return example.tokens().length - Math.max(1, example.lossFrom());
    }
  };

  /** Of all labels of an adapter: its manifest names them, and is one Kafka record. */
  private static final int LABEL_BYTES = 512 << 10;

  /** The task of a model. */
  static Task of(ModelConfig config) {
    return config.generates() ? LANGUAGE_MODELLING : CLASSIFICATION;
  }

  /** Why the example cannot be learned, or null; a new label is known from here on. */
  abstract Admission.@Nullable Refusal refusal(
      TokenizedExample example, Labels labels, int maxLabels);

  /** What the model is asked, see {@link dev.reslora.model.BaseModel#train}. */
  abstract int target(TokenizedExample example, Labels labels);

  /** How many answers its loss is a sum over. */
  abstract int predictions(TokenizedExample example);
}
