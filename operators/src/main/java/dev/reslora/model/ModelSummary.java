package dev.reslora.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What a model directory holds, for people.
 *
 * @param name what it calls itself
 * @param directory where it lies
 * @param digest {@link HuggingFaceDirectory#digest()}
 * @param config its shape
 * @param parameters elements of every tensor that the forward pass reads
 * @param dtypes element types of its files' tensors
 * @param projections what an adapter can target, in execution order
 * @param tokenizer its tokenizer
 */
public record ModelSummary(
    String name,
    String directory,
    String digest,
    ModelConfig config,
    long parameters,
    List<DType> dtypes,
    List<ProjectionShape> projections,
    TokenizerSummary tokenizer) {

  /**
   * Reads a directory and checks that every weight is there.
   *
   * @throws ModelFileException naming what is missing or wrong
   */
  public static ModelSummary of(Path path) throws IOException {
    try (HuggingFaceDirectory directory = HuggingFaceDirectory.open(path)) {
      ModelConfig config = ModelConfig.of(directory);
      SortedMap<String, List<Long>> shapes = config.tensorShapes();
      directory.requireAll(shapes);
      return new ModelSummary(
          directory.name(),
          path.toString(),
          directory.digest(),
          config,
          shapes.values().stream().mapToLong(ModelSummary::elements).sum(),
          directory.entries().values().stream()
              .map(TensorEntry::dtype)
              .distinct()
              .sorted()
              .collect(Collectors.toList()),
          config.projections(),
          TokenizerSummary.of(directory, config));
    }
  }

  private static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
