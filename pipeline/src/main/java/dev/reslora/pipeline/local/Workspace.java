package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory for results and logs. What is needed only on the way lies in a directory of its own
 * in there, which goes with this object, and also when the process is told to end. What a process
 * that was killed left of one is removed by the next.
 */
public final class Workspace implements AutoCloseable {

  /** Of the names that no user gives a directory; what follows is the process. */
  private static final String PREFIX = ".reslora-work-";

  private final Path out;
  private final Path work;
  private final Thread hook = new Thread(this::delete, "workspace-cleanup");

  private Workspace(Path out) {
    this.out = out;
    this.work = out.resolve(PREFIX + ProcessHandle.current().pid());
  }

  /** Makes the directory. */
  public static Workspace create(Path out) throws IOException {
    Workspace workspace = new Workspace(out.toAbsolutePath().normalize());
    Files.createDirectories(workspace.out);
    deleteLeftovers(workspace.out);
    DirectoryTree.delete(workspace.work);
    Files.createDirectories(workspace.work);
    Runtime.getRuntime().addShutdownHook(workspace.hook);
    return workspace;
  }

  private static void deleteLeftovers(Path out) throws IOException {
    try (DirectoryStream<Path> works = Files.newDirectoryStream(out, PREFIX + "*")) {
      for (Path each : works) {
        String pid = each.getFileName().toString().substring(PREFIX.length());
        if (pid.matches("\\d{1,18}") && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
          DirectoryTree.delete(each);
        }
      }
    }
  }

  /** The directory itself. */
  public Path out() {
    return out;
  }

  /** A directory of this name, for this process alone. */
  public Path work(String name) throws IOException {
    return Files.createDirectories(work.resolve(name));
  }

  private void delete() {
    try {
      DirectoryTree.delete(work);
    } catch (IOException e) {
      throw new UncheckedIOException("could not remove " + work, e);
    }
  }

  @Override
  public void close() {
    delete();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook runs and finds nothing left.
    }
  }
}
