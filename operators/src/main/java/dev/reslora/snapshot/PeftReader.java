package dev.reslora.snapshot;

import dev.reslora.model.SafetensorsFile;
import dev.reslora.model.TensorEntry;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what {@link PeftLayout} wrote, from files that may be anything. */
final class PeftReader {

  private PeftReader() {}

  static MergedAdapter read(Map<String, byte[]> files) throws IOException {
    PeftConfig config = PeftConfig.parse(file(files, PeftLayout.CONFIG));
    byte[] weights = file(files, PeftLayout.WEIGHTS);
    try (SafetensorsFile tensors = SafetensorsFile.of(PeftLayout.WEIGHTS, weights)) {
      checkNames(config.modules(), tensors.entries().keySet());
      List<MergedFactor> factors = new ArrayList<>();
      for (String module : config.modules()) {
        factors.add(factor(module, config.rank(), tensors));
      }
      return new MergedAdapter(List.copyOf(factors), head(files));
    }
  }

  /** Every target has its two tensors and there is no other: nothing is quietly not applied. */
  private static void checkNames(List<String> modules, Set<String> found) throws IOException {
    Set<String> expected = new TreeSet<>();
    for (String module : modules) {
      expected.add(PeftLayout.PREFIX + module + PeftLayout.A);
      expected.add(PeftLayout.PREFIX + module + PeftLayout.B);
    }
    for (String name : expected) {
      if (!found.contains(name)) {
        throw new IOException(
            PeftLayout.WEIGHTS + ": tensor '" + name + "' of target_modules is missing");
      }
    }
    for (String name : found) {
      if (!expected.contains(name)) {
        throw new IOException(
            PeftLayout.WEIGHTS + ": tensor '" + name + "' belongs to none of target_modules");
      }
    }
  }

  private static MergedFactor factor(String module, int rank, SafetensorsFile tensors)
      throws IOException {
    String a = PeftLayout.PREFIX + module + PeftLayout.A;
    String b = PeftLayout.PREFIX + module + PeftLayout.B;
    int in = size(tensors, a, 1);
    int out = size(tensors, b, 0);
    return new MergedFactor(
        module, rank, in, out, floats(tensors, a, rank, in), floats(tensors, b, out, rank));
  }

  static @Nullable ClassifierHead head(Map<String, byte[]> files) throws IOException {
    if (!files.containsKey(PeftLayout.HEAD) && !files.containsKey(PeftLayout.HEAD_WEIGHTS)) {
      return null;
    }
    HeadJson head = HeadJson.parse(file(files, PeftLayout.HEAD));
    int labels = head.labels().size();
    byte[] weights = file(files, PeftLayout.HEAD_WEIGHTS);
    try (SafetensorsFile tensors = SafetensorsFile.of(PeftLayout.HEAD_WEIGHTS, weights)) {
      return new ClassifierHead(
          head.labels(),
          head.pooling(),
          head.hidden(),
          floats(tensors, "weight", labels, head.hidden()),
          floats(tensors, "bias", labels));
    }
  }

  static byte[] file(Map<String, byte[]> files, String name) throws IOException {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new IOException(name + " is missing; there are " + files.keySet());
    }
    return bytes;
  }

  /** A size that the shape check of {@link #floats} takes for granted; 0 where there is none. */
  static int size(SafetensorsFile tensors, String name, int dimension) {
    TensorEntry entry = tensors.entries().get(name);
    return entry == null || entry.shape().size() != 2
        ? 0
        : (int) Math.min(Integer.MAX_VALUE, entry.shape().get(dimension));
  }

  static float[] floats(SafetensorsFile tensors, String name, long... shape) throws IOException {
    TensorEntry entry = tensors.entries().get(name);
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (entry != null && !entry.shape().equals(expected)) {
      throw new IOException(
          "tensor '" + name + "' must have shape " + expected + ", found " + entry.shape());
    }
    float[] values = tensors.floats(name);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IOException("tensor '" + name + "' must be finite, found " + value);
      }
    }
    return values;
  }
}
