package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A model as the Hugging Face hub lays it out: {@code config.json}, {@code model.safetensors} or
 * its shards with {@code model.safetensors.index.json}, {@code tokenizer.json}. Tensors are read on
 * demand; those of a head model are found without its prefix ({@code bert.encoder...}).
 */
public final class HuggingFaceDirectory implements AutoCloseable {

  private static final long MAX_JSON = 16L << 20;
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  /** A plain file name: an index must not lead out of its directory. */
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors");

  private static final List<String> PREFIXES = List.of("", "bert.", "roberta.", "model.");

  /** What a copy of the same model may say otherwise. */
  private static final Set<String> NOT_THE_MODEL = Set.of("_name_or_path", "transformers_version");

  private final Path path;
  private final ObjectNode config;
  private final List<SafetensorsFile> files;
  private final SortedMap<String, Stored> tensors;

  private HuggingFaceDirectory(
      Path path,
      ObjectNode config,
      List<SafetensorsFile> files,
      SortedMap<String, Stored> tensors) {
    this.path = path;
    this.config = config;
    this.files = files;
    this.tensors = tensors;
  }

  /**
   * Opens a directory and checks its files' headers.
   *
   * @throws ModelFileException naming the file and what is wrong with it
   */
  public static HuggingFaceDirectory open(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new ModelFileException(path, "is not a directory");
    }
    ObjectNode config = ModelJson.read(path.resolve("config.json"), MAX_JSON);
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      return new HuggingFaceDirectory(path, config, files, openWeights(path, files));
    } catch (IOException | RuntimeException e) {
      closeAll(files, e);
      throw e;
    }
  }

  private static SortedMap<String, Stored> openWeights(Path path, List<SafetensorsFile> files)
      throws IOException {
    if (Files.exists(path.resolve(INDEX))) {
      return openShards(path, files);
    }
    if (!Files.exists(path.resolve(SINGLE))) {
      throw new ModelFileException(path, "has neither " + SINGLE + " nor " + INDEX);
    }
    SafetensorsFile file = SafetensorsFile.open(path.resolve(SINGLE));
    files.add(file);
    SortedMap<String, Stored> tensors = new TreeMap<>();
    file.entries().forEach((name, entry) -> tensors.put(name, new Stored(file, entry)));
    return tensors;
  }

  private static SortedMap<String, Stored> openShards(Path path, List<SafetensorsFile> files)
      throws IOException {
    Path index = path.resolve(INDEX);
    JsonNode weights = ModelJson.read(index, MAX_JSON).path("weight_map");
    if (!weights.isObject()) {
      throw new ModelFileException(index, "has no object weight_map");
    }
    Map<String, SafetensorsFile> opened = new TreeMap<>();
    SortedMap<String, Stored> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : weights.properties()) {
      String shard = entry.getValue().asText();
      if (!entry.getValue().isTextual() || !SHARD.matcher(shard).matches()) {
        throw new ModelFileException(
            index,
            "tensor '"
                + entry.getKey()
                + "': expected the name of a .safetensors file, found "
                + entry.getValue());
      }
      SafetensorsFile file = opened.get(shard);
      if (file == null) {
        file = SafetensorsFile.open(path.resolve(shard));
        opened.put(shard, file);
        files.add(file);
      }
      TensorEntry tensor = file.entries().get(entry.getKey());
      if (tensor == null) {
        throw new ModelFileException(
            index, "tensor '" + entry.getKey() + "' is not in " + shard + " as the index says");
      }
      tensors.put(entry.getKey(), new Stored(file, tensor));
    }
    return tensors;
  }

  /** The directory. */
  public Path path() {
    return path;
  }

  /** What the model calls itself: {@code _name_or_path}, else the directory's name. */
  public String name() {
    String name = config.path("_name_or_path").asText("");
    return name.isBlank() ? path.toAbsolutePath().normalize().getFileName().toString() : name;
  }

  /** Its {@code config.json}. */
  public JsonNode config() {
    return config;
  }

  /** Its {@code tokenizer.json}. */
  public Path tokenizerFile() {
    return path.resolve("tokenizer.json");
  }

  /** Every tensor, by the name in its file. */
  public SortedMap<String, TensorEntry> entries() {
    SortedMap<String, TensorEntry> entries = new TreeMap<>();
    tensors.forEach((name, stored) -> entries.put(name, stored.entry));
    return entries;
  }

  /**
   * A tensor's values as float32, row-major.
   *
   * @param name its name in the base model, as {@code encoder.layer.0.output.dense.weight}
   * @param expectedShape what it must be
   * @throws ModelFileException when it is missing, of another shape or not of a float type
   */
  public float[] tensor(String name, long... expectedShape) throws IOException {
    Stored stored = require(name, LongStream.of(expectedShape).boxed().toList());
    return stored.file.floats(stored.entry.name());
  }

  /**
   * The name that a tensor has in its file.
   *
   * @param name its name in the base model
   * @throws ModelFileException when it is missing or of another shape
   */
  public String storedName(String name, long... expectedShape) throws ModelFileException {
    return require(name, LongStream.of(expectedShape).boxed().toList()).entry.name();
  }

  /** The name in the base model of a tensor in a file: without a head model's prefix. */
  public static String baseName(String storedName) {
    for (String prefix : PREFIXES) {
      if (!prefix.isEmpty() && storedName.startsWith(prefix)) {
        return modern(storedName.substring(prefix.length()));
      }
    }
    return modern(storedName);
  }

  private static String modern(String name) {
    return name.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias");
  }

  /** Values of a tensor by its name in the files, as float32, row-major. */
  public float[] floats(String storedName) throws IOException {
    return stored(storedName).file.floats(storedName);
  }

  /** Bytes of a tensor by its name in the files, little-endian. */
  public ByteBuffer bytes(String storedName) throws IOException {
    return stored(storedName).file.bytes(storedName);
  }

  private Stored stored(String storedName) throws ModelFileException {
    Stored stored = tensors.get(storedName);
    if (stored == null) {
      throw new ModelFileException(path, "has no tensor '" + storedName + "'");
    }
    return stored;
  }

  /**
   * Checks that tensors are there, of these shapes and of a float type, without reading them.
   *
   * @throws ModelFileException naming the first that is not
   */
  public void requireAll(SortedMap<String, List<Long>> shapes) throws ModelFileException {
    for (Map.Entry<String, List<Long>> each : shapes.entrySet()) {
      TensorEntry entry = require(each.getKey(), each.getValue()).entry;
      if (!entry.dtype().isFloat32Exact()) {
        throw new ModelFileException(
            path,
            "tensor '" + entry.name() + "' is " + entry.dtype() + ", expected F32, F16 or BF16");
      }
    }
  }

  private Stored require(String name, List<Long> expected) throws ModelFileException {
    Stored stored = find(name);
    if (stored == null) {
      throw new ModelFileException(
          path,
          "has no tensor '"
              + name
              + "'; it has "
              + tensors.size()
              + ", among them "
              + tensors.keySet().stream().limit(3).collect(Collectors.joining(", ")));
    }
    TensorEntry entry = stored.entry;
    if (!entry.shape().equals(expected)) {
      throw new ModelFileException(
          path,
          "tensor '" + entry.name() + "' has shape " + entry.shape() + ", expected " + expected);
    }
    return stored;
  }

  /** Whether there is such a tensor, under this name or a head model's. */
  public boolean hasTensor(String name) {
    return find(name) != null;
  }

  /** Old checkpoints call a layer norm's weight gamma and its bias beta. */
  private @Nullable Stored find(String name) {
    String old =
        name.replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
    for (String prefix : PREFIXES) {
      for (String candidate : List.of(prefix + name, prefix + old)) {
        Stored stored = tensors.get(candidate);
        if (stored != null) {
          return stored;
        }
      }
    }
    return null;
  }

  /**
   * SHA-256, hex, of the configuration and of every tensor's name, type, shape and bytes. The same
   * for every sharding and layout of the same model, and for copies under another name.
   */
  public String digest() throws IOException {
    MessageDigest digest = Digests.sha256();
    digest.update(ModelJson.canonical(config.deepCopy().without(NOT_THE_MODEL)));
    for (Stored stored : tensors.values()) {
      TensorEntry entry = stored.entry;
      String head = "\n" + entry.name() + "\n" + entry.dtype() + entry.shape() + "\n";
      digest.update(head.getBytes(StandardCharsets.UTF_8));
      stored.file.forEachChunk(entry, digest::update);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void close() throws IOException {
    IOException failed = new IOException("cannot close the files of " + path);
    closeAll(files, failed);
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }

  private static void closeAll(List<SafetensorsFile> files, Exception collector) {
    for (SafetensorsFile file : files) {
      try {
        file.close();
      } catch (IOException e) {
        collector.addSuppressed(e);
      }
    }
  }

  /** A tensor and the file that it lies in. */
  private record Stored(SafetensorsFile file, TensorEntry entry) {}
}
