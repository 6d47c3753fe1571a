package dev.reslora.model;

/**
 * Rotary position embedding (Su et al. 2021) and its scaling for longer texts.
 *
 * @param theta base of the frequencies
 * @param scaling how they are stretched
 */
public record Rope(double theta, Scaling scaling) {

  /** How frequencies are stretched. */
  public sealed interface Scaling {

    /** The frequency that stands for another, both in radians a token. */
    double scaled(double frequency);
  }

  /** As trained. */
  public record Unscaled() implements Scaling {
    @Override
    public double scaled(double frequency) {
      return frequency;
    }
  }

  /** Positions divided by a factor (Chen et al. 2023). */
  public record Linear(double factor) implements Scaling {
    @Override
    public double scaled(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Llama 3's: long waves divided by a factor, short ones kept, a ramp between.
   *
   * @param factor of long waves
   * @param low waves longer than context / low are long
   * @param high waves shorter than context / high are short
   * @param context positions the model was first trained with
   */
  public record Llama3(double factor, double low, double high, int context) implements Scaling {
    @Override
    public double scaled(double frequency) {
      double turns = context * frequency / (2 * Math.PI);
      double kept = Math.max(0, Math.min(1, (turns - low) / (high - low)));
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }

  /** theta^(-2i/d), scaled; i below half the width d of a head. */
  float[] frequencies(int width) {
    float[] frequencies = new float[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float plain = (float) (1 / Math.pow(theta, 2.0 * i / width));
      frequencies[i] = (float) scaling.scaled(plain);
    }
    return frequencies;
  }

  static Rope of(Fields fields) throws ModelFileException {
    Fields parameters = fields.object("rope_parameters");
    Fields scaling = parameters.isEmpty() ? fields.object("rope_scaling") : parameters;
    Fields theta = parameters.has("rope_theta") ? parameters : fields;
    scaling.require("partial_rotary_factor", 1);
    fields.require("partial_rotary_factor", 1);
    return new Rope(theta.positive("rope_theta", 10_000.0), scaling(scaling));
  }

  private static Scaling scaling(Fields fields) throws ModelFileException {
    String field = fields.has("rope_type") ? "rope_type" : "type";
    String type = fields.text(field, "default");
    return switch (type) {
      case "default" -> new Unscaled();
      case "linear" -> new Linear(fields.positive("factor", null));
      case "llama3" ->
          new Llama3(
              fields.positive("factor", null),
              fields.positive("low_freq_factor", null),
              fields.positive("high_freq_factor", null),
              fields.integer("original_max_position_embeddings", null, 1, 1 << 30));
      default -> throw fields.wrong(field, "default, linear or llama3", type);
    };
  }
}
