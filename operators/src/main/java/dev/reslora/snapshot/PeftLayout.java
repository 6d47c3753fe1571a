package dev.reslora.snapshot;

import dev.reslora.model.SafetensorsFile;
import dev.reslora.model.SafetensorsWriter;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A merged adapter as files that peft, vLLM, SGLang and LoRAX open as they are. All ranks become
 * one (more rows of A and columns of B, all zero) because servers allocate by {@code r}, and one
 * that vLLM has kernels for. The scale is in B already, so {@code lora_alpha == r}.
 *
 * <p>The same adapter gives the same bytes: they are hashed into the chain.
 */
public final class PeftLayout {

  /** Name of this layout in manifests. */
  public static final String FORMAT = "peft";

  static final String CONFIG = "adapter_config.json";
  static final String WEIGHTS = "adapter_model.safetensors";
  static final String HEAD = "head.json";
  static final String HEAD_WEIGHTS = "head.safetensors";
  static final List<String> FILES = List.of(CONFIG, WEIGHTS, HEAD, HEAD_WEIGHTS);
  static final String PREFIX = "base_model.model.";
  static final String A = ".lora_A.weight";
  static final String B = ".lora_B.weight";

  static final String BASE_MODEL_DIGEST = "base_model_sha256";
  private static final int[] RANKS = {1, 8, 16, 32, 64, 128, 256, 320, MergedFactor.LARGEST_RANK};

  private PeftLayout() {}

  /**
   * The files of an adapter, by name.
   *
   * @param baseModel name of the base model, for people and for peft
   * @param baseModelDigest stays with the weights, as metadata
   * @throws IllegalArgumentException when there is nothing adapted or a rank is beyond 512
   */
  public static SortedMap<String, byte[]> write(
      MergedAdapter adapter, String baseModel, String baseModelDigest) {
    int rank = commonRank(adapter.factors());
    SortedMap<String, byte[]> files = new TreeMap<>();
    List<String> modules = adapter.factors().stream().map(MergedFactor::module).toList();
    String task = adapter.head() == null ? "CAUSAL_LM" : "FEATURE_EXTRACTION";
    files.put(CONFIG, new PeftConfig(baseModel, task, rank, modules).toJson());
    SafetensorsWriter weights = new SafetensorsWriter();
    weights.metadata(BASE_MODEL_DIGEST, baseModelDigest);
    for (MergedFactor factor : adapter.factors()) {
      String path = PREFIX + factor.module();
      weights.add(path + A, Arrays.copyOf(factor.a(), rank * factor.in()), rank, factor.in());
      weights.add(path + B, padColumns(factor, rank), factor.out(), rank);
    }
    files.put(WEIGHTS, weights.toByteArray());
    ClassifierHead head = adapter.head();
    if (head != null) {
      files.putAll(headFiles(head));
    }
    return Collections.unmodifiableSortedMap(files);
  }

  /** A classifier as files of its own. */
  static Map<String, byte[]> headFiles(ClassifierHead head) {
    return Map.of(HEAD, HeadJson.of(head).toJson(), HEAD_WEIGHTS, headWeights(head));
  }

  /**
   * SHA-256, hex, of the base model that an adapter belongs to.
   *
   * @throws IOException when the files do not say it
   */
  public static String baseModelDigest(Map<String, byte[]> files) throws IOException {
    try (SafetensorsFile weights = SafetensorsFile.of(WEIGHTS, PeftReader.file(files, WEIGHTS))) {
      String digest = weights.metadata().get(BASE_MODEL_DIGEST);
      if (digest == null) {
        throw new IOException(WEIGHTS + ": metadata has no " + BASE_MODEL_DIGEST);
      }
      return digest;
    }
  }

  /**
   * The adapter in files of unknown origin.
   *
   * @throws IOException naming the file, what was expected and what was found
   */
  public static MergedAdapter read(Map<String, byte[]> files) throws IOException {
    return PeftReader.read(files);
  }

  private static int commonRank(List<MergedFactor> factors) {
    int largest = factors.stream().mapToInt(MergedFactor::rank).max().orElse(0);
    return Arrays.stream(RANKS)
        .filter(rank -> largest >= 1 && largest <= rank)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a snapshot's largest rank must be 1 to %d, found %d"
                        .formatted(MergedFactor.LARGEST_RANK, largest)));
  }

  /** B: [out, r] → [out, rank], the new columns 0. */
  private static float[] padColumns(MergedFactor factor, int rank) {
    float[] padded = new float[factor.out() * rank];
    for (int row = 0; row < factor.out(); row++) {
      System.arraycopy(factor.b(), row * factor.rank(), padded, row * rank, factor.rank());
    }
    return padded;
  }

  private static byte[] headWeights(ClassifierHead head) {
    int labels = head.labels().size();
    return new SafetensorsWriter()
        .add("weight", head.weight(), labels, head.hidden())
        .add("bias", head.bias(), labels)
        .toByteArray();
  }
}
