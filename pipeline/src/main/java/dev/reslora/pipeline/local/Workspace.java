package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory for results and logs. What is needed only on the way lies in {@code work}, which goes
 * with this object, and also when the process is told to end.
 */
public final class Workspace implements AutoCloseable {

  private final Path out;
  private final Path work;
  private final Thread hook = new Thread(this::delete, "workspace-cleanup");

  private Workspace(Path out) {
    this.out = out;
    this.work = out.resolve("work");
  }

  /** Makes the directory; removes what an earlier process that was killed left of its work. */
  public static Workspace create(Path out) throws IOException {
    Workspace workspace = new Workspace(out.toAbsolutePath().normalize());
    DirectoryTree.delete(workspace.work);
    Files.createDirectories(workspace.work);
    Runtime.getRuntime().addShutdownHook(workspace.hook);
    return workspace;
  }

  /** The directory itself. */
  public Path out() {
    return out;
  }

  /** A directory of this name under {@code work}. */
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
