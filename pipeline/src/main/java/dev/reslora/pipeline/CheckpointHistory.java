package dev.reslora.pipeline;

import dev.reslora.operator.FlinkFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * What earlier runs left in a checkpoint directory: {@code <job id>/chk-<n>} and, under {@link
 * #SAVEPOINTS}, {@code savepoint-<name>}. Complete is what has its {@code _metadata}: Flink writes
 * that last.
 */
public final class CheckpointHistory {

  /** Where {@code run} leaves savepoints, beside the checkpoints. */
  public static final String SAVEPOINTS = "savepoints";

  private static final Pattern COMPLETED = Pattern.compile("chk-\\d+|savepoint-.+");
  private static final String METADATA = "_metadata";

  private CheckpointHistory() {}

  /** The newest complete checkpoint or savepoint of any run, to be restored from. */
  public static Optional<String> newest(String directory) throws IOException {
    Path root = new Path(directory);
    FileSystem files = FlinkFiles.at(root);
    List<FileStatus> complete = new ArrayList<>();
    for (FileStatus run : list(files, root)) {
      for (FileStatus checkpoint : list(files, run.getPath())) {
        if (COMPLETED.matcher(checkpoint.getPath().getName()).matches()) {
          Path metadata = new Path(checkpoint.getPath(), METADATA);
          if (files.exists(metadata)) {
            complete.add(files.getFileStatus(metadata));
          }
        }
      }
    }
    return complete.stream()
        .max(Comparator.comparingLong(FileStatus::getModificationTime))
        .map(metadata -> metadata.getPath().getParent().toString());
  }

  /** Whether this is a complete checkpoint or savepoint: its directory, or the metadata in it. */
  public static boolean complete(String path) throws IOException {
    Path named = new Path(path);
    FileSystem files = FlinkFiles.at(named);
    return files.exists(new Path(named, METADATA))
        || (named.getName().equals(METADATA) && files.exists(named));
  }

  private static List<FileStatus> list(FileSystem files, Path directory) throws IOException {
    try {
      FileStatus[] found = files.listStatus(directory);
      return found == null ? List.of() : List.of(found);
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }
}
