package dev.reslora.snapshot;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.reslora.model.DType;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.ImportProgress;
import dev.reslora.model.NewDirectory;
import dev.reslora.model.SafetensorsWriter;
import dev.reslora.model.TensorEntry;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An adapter and its base model as one Hugging Face directory: W + B A under the base's own tensor
 * names, in shards, with configuration and tokenizer. Knows no model family but for the class that
 * holds a classifier: tensors that the base does not store (tied ones) are not stored here either.
 *
 * <p>One tensor is in memory at a time.
 */
public final class MergedDirectory {

  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  /** What of a base model's directory is as true of the merged one. */
  private static final Pattern KEPT =
      Pattern.compile(
          "tokenizer.*|special_tokens_map\\.json|added_tokens\\.json|vocab\\..*|merges\\.txt"
              + "|.*\\.model|chat_template.*|generation_config\\.json");

  private final HuggingFaceDirectory base;
  private final MergedAdapter adapter;
  private final Plan plan;
  private final Rounding.Meter meter = new Rounding.Meter();
  private final Map<String, MergedFactor> factors = new HashMap<>();
  private final @Nullable SequenceClassifier classifier;
  private long done;
  private long total;

  /**
   * How a directory is written.
   *
   * @param name what the model calls itself, as {@code support-v7}
   * @param dtype F32, BF16 or F16
   * @param maxShardBytes most tensor bytes in a file, but that a file has at least one tensor
   * @param progress told of the bytes written
   */
  public record Plan(String name, DType dtype, long maxShardBytes, ImportProgress progress) {

    public Plan {
      if (!dtype.isFloat32Exact()) {
        throw new IllegalArgumentException("dtype: expected F32, BF16 or F16, found " + dtype);
      }
      if (maxShardBytes < 1) {
        throw new IllegalArgumentException(
            "shard size: expected at least 1 byte, found " + maxShardBytes);
      }
    }

    /** The type as transformers names it. */
    String dtypeName() {
      return switch (dtype) {
        case BF16 -> "bfloat16";
        case F16 -> "float16";
        default -> "float32";
      };
    }
  }

  /**
   * What was written.
   *
   * @param architecture the class that {@code from_pretrained} makes of it, as in config.json
   * @param classifier whether that class holds the adapter's classifier; if not, it lies beside
   * @param shards files with tensors
   * @param bytes of all tensors
   * @param rounding what the type cost
   */
  public record Written(
      String architecture, boolean classifier, int shards, long bytes, Rounding rounding) {}

  /** A tensor to write; values are read, merged and rounded when its turn comes. */
  private record Planned(DType dtype, long[] shape, Addition addition) {

    long bytes() {
      long elements = 1;
      for (long size : shape) {
        elements *= size;
      }
      return elements * dtype.bits() / 8;
    }
  }

  @FunctionalInterface
  private interface Addition {
    void to(SafetensorsWriter writer) throws IOException;
  }

  private MergedDirectory(HuggingFaceDirectory base, MergedAdapter adapter, Plan plan)
      throws IOException {
    this.base = base;
    this.adapter = adapter;
    this.plan = plan;
    for (MergedFactor factor : adapter.factors()) {
      factors.put(base.storedName(factor.module() + ".weight", factor.out(), factor.in()), factor);
    }
    ClassifierHead head = adapter.head();
    this.classifier =
        head == null
            ? null
            : SequenceClassifier.of(base.config().path("model_type").asText(), head).orElse(null);
  }

  /**
   * Writes a directory, whole or not at all.
   *
   * @param files the adapter in PEFT's layout
   * @param target must not exist
   * @throws IOException when the adapter belongs to another base model, or a number is beyond the
   *     type's range
   */
  public static Written write(
      HuggingFaceDirectory base, Map<String, byte[]> files, Path target, Plan plan)
      throws IOException {
    String expected = PeftLayout.baseModelDigest(files);
    String found = base.digest();
    if (!expected.equals(found)) {
      throw new IOException(
          base.path()
              + ": the adapter belongs to a base model with digest "
              + expected
              + ", this one has "
              + found);
    }
    if (Files.exists(target)) {
      throw new IOException(target + " is there already");
    }
    MergedDirectory merged = new MergedDirectory(base, PeftLayout.read(files), plan);
    List<Written> written = new ArrayList<>();
    NewDirectory.make(target, directory -> written.add(merged.writeTo(directory)));
    return written.get(0);
  }

  private Written writeTo(Path directory) throws IOException {
    List<SortedMap<String, Planned>> shards = shards(tensors());
    long bytes = writeShards(directory, shards);
    ObjectNode config = config();
    Files.write(directory.resolve("config.json"), StableJson.write(config));
    copyKept(directory);
    ClassifierHead head = adapter.head();
    if (head != null && classifier == null) {
      for (Map.Entry<String, byte[]> file : PeftLayout.headFiles(head).entrySet()) {
        Files.write(directory.resolve(file.getKey()), file.getValue());
      }
    }
    HuggingFaceDirectory.open(directory).close();
    Written written =
        new Written(
            config.path("architectures").path(0).asText("unknown"),
            classifier != null,
            shards.size(),
            bytes,
            meter.result());
    Files.writeString(directory.resolve("README.md"), card(written));
    return written;
  }

  private SortedMap<String, Planned> tensors() {
    SortedMap<String, Planned> tensors = new TreeMap<>();
    base.entries()
        .forEach(
            (stored, entry) -> {
              String name = name(stored);
              if (name != null) {
                tensors.put(name, planned(name, entry));
              }
            });
    ClassifierHead head = adapter.head();
    SequenceClassifier form = classifier;
    if (form != null && head != null) {
      int labels = head.labels().size();
      int hidden = head.hidden();
      put(tensors, form.dense() + ".weight", SequenceClassifier.denseWeight(head), hidden, hidden);
      put(tensors, form.dense() + ".bias", new float[hidden], hidden);
      put(tensors, form.out() + ".weight", SequenceClassifier.outWeight(head), labels, hidden);
      put(tensors, form.out() + ".bias", head.bias(), labels);
    }
    return tensors;
  }

  /** The name that a stored tensor of the base has here; null when it stays behind. */
  private @Nullable String name(String stored) {
    if (classifier == null) {
      return stored;
    }
    String name = HuggingFaceDirectory.baseName(stored);
    return SequenceClassifier.keeps(name) ? classifier.prefix() + name : null;
  }

  private Planned planned(String name, TensorEntry entry) {
    String stored = entry.name();
    long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
    if (!entry.dtype().isFloat32Exact()) {
      return new Planned(
          entry.dtype(),
          shape,
          writer -> writer.add(name, entry.dtype(), base.bytes(stored), shape));
    }
    return planned(name, () -> values(stored), shape);
  }

  private Planned planned(String name, SafetensorsWriter.FloatSource values, long... shape) {
    return new Planned(
        plan.dtype(), shape, writer -> writer.add(name, plan.dtype(), values, shape));
  }

  private void put(SortedMap<String, Planned> tensors, String name, float[] values, long... shape) {
    tensors.put(name, planned(name, () -> round(name, values), shape));
  }

  private float[] values(String stored) throws IOException {
    float[] before = base.floats(stored);
    MergedFactor factor = factors.get(stored);
    if (factor == null) {
      return round(stored, before);
    }
    float[] exact = factor.addedTo(before);
    float[] rounded = plan.dtype().rounded(exact);
    meter.add(stored, before, exact, rounded);
    progress(rounded.length);
    return rounded;
  }

  private float[] round(String name, float[] exact) throws IOException {
    float[] rounded = plan.dtype().rounded(exact);
    meter.add(name, exact, rounded);
    progress(rounded.length);
    return rounded;
  }

  private void progress(long elements) {
    done += elements * plan.dtype().bits() / 8;
    plan.progress().at(done, total, "bytes of " + plan.name());
  }

  private List<SortedMap<String, Planned>> shards(SortedMap<String, Planned> tensors) {
    List<SortedMap<String, Planned>> shards = new ArrayList<>();
    long room = 0;
    for (Map.Entry<String, Planned> tensor : tensors.entrySet()) {
      long bytes = tensor.getValue().bytes();
      if (shards.isEmpty() || bytes > room) {
        shards.add(new TreeMap<>());
        room = plan.maxShardBytes();
      }
      shards.get(shards.size() - 1).put(tensor.getKey(), tensor.getValue());
      room -= bytes;
    }
    return shards;
  }

  private long writeShards(Path directory, List<SortedMap<String, Planned>> shards)
      throws IOException {
    long bytes =
        shards.stream().flatMap(shard -> shard.values().stream()).mapToLong(Planned::bytes).sum();
    total = bytes;
    Map<String, String> index = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String file =
          shards.size() == 1
              ? SINGLE
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      SafetensorsWriter writer = new SafetensorsWriter();
      for (Planned tensor : shards.get(i).values()) {
        tensor.addition().to(writer);
      }
      writer.write(directory.resolve(file));
      shards.get(i).keySet().forEach(name -> index.put(name, file));
    }
    if (shards.size() > 1) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("metadata", Map.of("total_size", bytes));
      json.put("weight_map", index);
      Files.write(directory.resolve(INDEX), StableJson.write(json));
    }
    return bytes;
  }

  private ObjectNode config() {
    ObjectNode config = base.config().deepCopy();
    config.put("_name_or_path", plan.name());
    config.put(config.has("dtype") ? "dtype" : "torch_dtype", plan.dtypeName());
    ClassifierHead head = adapter.head();
    if (classifier != null && head != null) {
      config.putArray("architectures").add(classifier.architecture());
      config.put("problem_type", "single_label_classification");
      ObjectNode labels = config.putObject("id2label");
      ObjectNode rows = config.putObject("label2id");
      for (int row = 0; row < head.labels().size(); row++) {
        labels.put(Integer.toString(row), head.labels().get(row));
        rows.put(head.labels().get(row), row);
      }
    }
    return config;
  }

  private void copyKept(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(base.path())) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (KEPT.matcher(name).matches() && Files.isRegularFile(file)) {
          Files.copy(file, directory.resolve(name));
        }
      }
    }
  }

  private String card(Written written) {
    Rounding rounding = written.rounding();
    String loss =
        plan.dtype() == DType.F32
            ? "float32: nothing was rounded but the sums W + B A, once."
            : """
              %s: rounding moved the weights by %.2e of their norm (Frobenius), at most %.2e in one \
              number. On the adapted weights that error is %.2e of what the adapter changed."""
                .formatted(
                    plan.dtypeName(), rounding.weights(), rounding.largest(), rounding.change());
    return """
        ---
        base_model: %s
        library_name: transformers
        ---
        # %s

        `%s` with the adapter `%s` merged in: W + B A in every adapted projection.

        %s

        %s
        """
        .formatted(base.name(), plan.name(), base.name(), plan.name(), loss, headNote());
  }

  private String headNote() {
    ClassifierHead head = adapter.head();
    if (head == null) {
      return "Open it with `AutoModelForCausalLM.from_pretrained`.";
    }
    if (classifier != null) {
      return "Open it with `AutoModelForSequenceClassification.from_pretrained`: the classifier is"
          + " in the model. Its first layer is the identity times 2^-12, which tanh lets through,"
          + " its second has the weights times 2^12.";
    }
    return "Open it with `AutoModel.from_pretrained`. The classifier is beside it, in"
        + " `head.safetensors` and `head.json`, for no class of transformers for this family"
        + " classifies with "
        + head.pooling()
        + " pooling: logits = pooled W^T + bias.";
  }
}
