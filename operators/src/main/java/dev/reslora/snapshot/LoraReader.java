package dev.reslora.snapshot;

import dev.reslora.model.Digests;
import dev.reslora.model.SafetensorsFile;
import dev.reslora.model.TensorEntry;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.LoraAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a LoRA directory of peft's, by whomever it was trained, as {@link PeftReader} reads our own
 * versions: every tensor is taken, or refused by name.
 *
 * <p>peft saves a classifier's numbers (modules_to_save) without its labels and pooling. A {@code
 * head.json} beside them, as our versions have, says both.
 */
public final class LoraReader {

  private static final long MAX_BYTES = 1L << 30;

  private final SortedMap<String, byte[]> files;
  private final SafetensorsFile tensors;

  /** Tensors that nothing has taken yet. */
  private final Set<String> left;

  private LoraReader(SortedMap<String, byte[]> files, SafetensorsFile tensors) {
    this.files = files;
    this.tensors = tensors;
    this.left = new TreeSet<>(tensors.entries().keySet());
  }

  /**
   * The adapter in a directory.
   *
   * @throws IOException naming the file, what was expected and what was found
   */
  public static LoraAdapter read(Path directory) throws IOException {
    SortedMap<String, byte[]> files = SnapshotDirectory.read(directory, MAX_BYTES);
    try (SafetensorsFile tensors =
        SafetensorsFile.of(PeftLayout.WEIGHTS, PeftReader.file(files, PeftLayout.WEIGHTS))) {
      return new LoraReader(files, tensors).adapter();
    } catch (IOException e) {
      throw new IOException(directory + ": " + e.getMessage(), e);
    }
  }

  private LoraAdapter adapter() throws IOException {
    PeftConfig.Lora config = PeftConfig.lora(PeftReader.file(files, PeftLayout.CONFIG));
    List<LoraAdapter.Factor> factors = new ArrayList<>();
    for (String name : tensors.entries().keySet()) {
      if (name.startsWith(PeftLayout.PREFIX) && name.endsWith(PeftLayout.A)) {
        factors.add(factor(name, config.rank()));
      }
    }
    ClassifierHead head = head(config.modulesToSave());
    if (!left.isEmpty()) {
      throw new IOException(
          PeftLayout.WEIGHTS
              + ": tensor '"
              + left.iterator().next()
              + "' is neither a factor nor a classifier's; peft's names begin with "
              + PeftLayout.PREFIX);
    }
    return new LoraAdapter(
        config.rank(),
        config.scale(),
        List.copyOf(factors),
        head,
        tensors.metadata().get(PeftLayout.BASE_MODEL_DIGEST),
        digest());
  }

  private LoraAdapter.Factor factor(String a, int rank) throws IOException {
    String path = a.substring(0, a.length() - PeftLayout.A.length());
    String b = path + PeftLayout.B;
    int in = PeftReader.size(tensors, a, 1);
    int out = PeftReader.size(tensors, b, 0);
    left.remove(a);
    left.remove(b);
    return new LoraAdapter.Factor(
        path.substring(PeftLayout.PREFIX.length()),
        in,
        out,
        PeftReader.floats(tensors, a, rank, in),
        PeftReader.floats(tensors, b, out, rank));
  }

  private @Nullable ClassifierHead head(List<String> modulesToSave) throws IOException {
    if (modulesToSave.isEmpty() || files.containsKey(PeftLayout.HEAD_WEIGHTS)) {
      return PeftReader.head(files);
    }
    String weight =
        left.stream()
            .filter(
                name -> modulesToSave.stream().anyMatch(m -> name.endsWith("." + m + ".weight")))
            .findFirst()
            .orElse(null);
    if (weight == null) {
      return null; // peft lists the usual names of classifiers; this model has none of them
    }
    byte[] json = files.get(PeftLayout.HEAD);
    if (json == null) {
      throw new IOException(
          "the labels of the classifier '%s' are not known; write a %s beside it:"
                  .formatted(weight, PeftLayout.HEAD)
              + " {\"labels\": [a name for each row], \"pooling\": \"cls\" or \"mean\","
              + " \"hidden\": width}");
    }
    HeadJson head = HeadJson.parse(json);
    int labels = head.labels().size();
    String bias = weight.substring(0, weight.length() - "weight".length()) + "bias";
    left.remove(weight);
    TensorEntry biased = tensors.entries().get(bias);
    left.remove(bias);
    return new ClassifierHead(
        head.labels(),
        head.pooling(),
        head.hidden(),
        PeftReader.floats(tensors, weight, labels, head.hidden()),
        biased == null ? new float[labels] : PeftReader.floats(tensors, bias, labels));
  }

  private String digest() {
    MessageDigest digest = Digests.sha256();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      String header = file.getKey() + " " + file.getValue().length + "\n";
      digest.update(header.getBytes(StandardCharsets.UTF_8));
      digest.update(file.getValue());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
