package dev.reslora.model;

import java.util.Optional;
import java.util.stream.Stream;

/** The encoders that Maven Central carries: each a jar with an ONNX file and a tokenizer. */
public enum KnownModel {
  MINILM(
      "minilm",
      "all-minilm-l6-v2",
      new ModelOrigin("sentence-transformers/all-MiniLM-L6-v2", "apache-2.0", 12, "mean")),
  MINILM_Q(
      "minilm-q",
      "all-minilm-l6-v2-q",
      new ModelOrigin("sentence-transformers/all-MiniLM-L6-v2", "apache-2.0", 12, "mean")),
  BGE_SMALL(
      "bge-small", "bge-small-en-v15", new ModelOrigin("BAAI/bge-small-en-v1.5", "mit", 12, "cls")),
  E5_SMALL("e5-small", "e5-small-v2", new ModelOrigin("intfloat/e5-small-v2", "mit", 12, "mean"));

  private static final String VERSION = "1.11.0-beta19";
  private static final String ARTIFACT_PREFIX = "langchain4j-embeddings-";

  private final String label;
  private final String artifactSuffix;

  @SuppressWarnings("ImmutableEnumChecker") // a record of texts and a number
  private final ModelOrigin origin;

  KnownModel(String label, String artifactSuffix, ModelOrigin origin) {
    this.label = label;
    this.artifactSuffix = artifactSuffix;
    this.origin = origin;
  }

  /** The name on the command line and of its directory. */
  public String label() {
    return label;
  }

  /** The jar. */
  public MavenArtifact artifact() {
    return new MavenArtifact("dev.langchain4j", ARTIFACT_PREFIX + artifactSuffix, VERSION);
  }

  public ModelOrigin origin() {
    return origin;
  }

  /** The model of this name, if it is one. */
  public static Optional<KnownModel> labelled(String label) {
    return Stream.of(values()).filter(each -> each.label.equals(label)).findFirst();
  }

  /** The model that a jar holds, by the name that Maven gives it. */
  static Optional<KnownModel> inJar(String fileName) {
    return Stream.of(values())
        .filter(each -> each.artifact().jarName().equals(fileName))
        .findFirst();
  }
}
