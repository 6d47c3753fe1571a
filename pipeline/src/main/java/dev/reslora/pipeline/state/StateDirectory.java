package dev.reslora.pipeline.state;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.reslora.model.NewDirectory;
import dev.reslora.model.SafetensorsWriter;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.SnapshotDirectory;
import dev.reslora.training.StoredAdapter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * An adapter's state as a directory: {@code state.json} to read, {@code state.safetensors} with
 * factors, head and AdamW's moments as they are, {@code sections.zip} with all of it as the job
 * keeps it, and where the shortcut allows it the adapter in peft's layout.
 */
public final class StateDirectory {

  static final String SUMMARY = "state.json";
  static final String TENSORS = "state.safetensors";
  static final String SECTIONS = "sections.zip";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private StateDirectory() {}

  /**
   * What {@code state.json} and {@code state list} say.
   *
   * @param version newest published; 0 before the first
   * @param digest of its manifest
   * @param baseModelDigest SHA-256 of the base model
   * @param bytes of the state
   */
  public record Summary(
      String adapterId,
      long version,
      String digest,
      int rank,
      double scale,
      String shortcut,
      int preNum,
      List<String> targetModules,
      String baseModelDigest,
      StoredAdapter.Progress progress,
      long bytes) {

    /** Of an adapter and its newest version. */
    public static Summary of(
        String adapterId, SortedMap<String, byte[]> sections, SavedJob.Published published) {
      StoredAdapter adapter = StoredAdapter.read(adapterId, sections);
      ResLoraConfig config = adapter.shape().config();
      return new Summary(
          adapterId,
          published.number(),
          published.digest(),
          config.rank(),
          adapter.shape().plan().scale(),
          config.shortcut().label(),
          config.preNum(),
          config.targetModules(),
          adapter.baseModelDigest(),
          adapter.progress(),
          sections.values().stream().mapToLong(each -> each.length).sum());
    }
  }

  /** The directory's name: the adapter, and its optimizer step. */
  public static String name(Summary summary) {
    String versioned = SnapshotDirectory.name(summary.adapterId(), summary.progress().step());
    int dash = versioned.lastIndexOf("-v");
    return versioned.substring(0, dash) + "-step" + summary.progress().step();
  }

  /**
   * Writes an adapter.
   *
   * @param target must not exist
   * @return whether there is an adapter of peft's in it
   */
  public static boolean write(Summary summary, SortedMap<String, byte[]> sections, Path target)
      throws IOException {
    StoredAdapter adapter = StoredAdapter.read(summary.adapterId(), sections);
    Optional<MergedAdapter> merged = adapter.merged();
    NewDirectory.make(
        target,
        directory -> {
          Files.write(directory.resolve(SUMMARY), JSON.writeValueAsBytes(summary));
          tensors(summary, adapter).write(directory.resolve(TENSORS));
          writeSections(sections, directory.resolve(SECTIONS));
          if (merged.isPresent()) {
            String base = adapter.baseModelDigest();
            for (Map.Entry<String, byte[]> file :
                PeftLayout.write(merged.get(), base, base).entrySet()) {
              Files.write(directory.resolve(file.getKey()), file.getValue());
            }
          }
        });
    return merged.isPresent();
  }

  private static SafetensorsWriter tensors(Summary summary, StoredAdapter adapter) {
    SafetensorsWriter writer = new SafetensorsWriter();
    writer.metadata("step", Long.toString(summary.progress().step()));
    writer.metadata("scale", Double.toString(summary.scale()));
    writer.metadata("shortcut", summary.shortcut());
    adapter.tensors().forEach((name, tensor) -> writer.add(name, tensor.values(), tensor.shape()));
    return writer;
  }

  /** The same bytes for the same state: entries have no time of their own. */
  private static void writeSections(SortedMap<String, byte[]> sections, Path file)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> section : sections.entrySet()) {
        ZipEntry entry = new ZipEntry(section.getKey());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(section.getValue());
      }
    }
  }

  /**
   * The sections of a directory that {@link #write} wrote.
   *
   * @throws IOException when it has none
   */
  public static SortedMap<String, byte[]> sections(Path directory) throws IOException {
    Path file = directory.resolve(SECTIONS);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          directory + ": expected what 'state export' wrote, found no " + SECTIONS);
    }
    SortedMap<String, byte[]> sections = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        sections.put(entry.getName(), zip.readAllBytes());
      }
    }
    return sections;
  }
}
