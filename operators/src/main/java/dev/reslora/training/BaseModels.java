package dev.reslora.training;

import dev.reslora.model.BaseModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** One frozen model a process, device and variant, shared by every subtask, counted. */
final class BaseModels {

  private static final Map<Key, Shared> OPEN = new HashMap<>();

  private BaseModels() {}

  private record Key(Path directory, String device, BaseModel.Variant variant) {}

  private static final class Shared {
    private final BaseModel base;
    private int users;

    Shared(BaseModel base) {
      this.base = base;
    }
  }

  /** A user's hold on a base model; the last one closed closes the model. */
  record Lease(BaseModel base, Runnable release) implements AutoCloseable {
    @Override
    public void close() {
      release.run();
    }
  }

  /**
   * Opens the model or joins the one that is open.
   *
   * @throws UncheckedIOException when the directory cannot be read as a model
   */
  static synchronized Lease lease(Path directory, String device, BaseModel.Variant variant) {
    try {
      Key key = new Key(directory.toRealPath(), device, variant);
      Shared shared = OPEN.get(key);
      if (shared == null) {
        shared = new Shared(BaseModel.open(key.directory, device, variant));
        OPEN.put(key, shared);
      }
      shared.users++;
      return new Lease(shared.base, () -> release(key));
    } catch (IOException e) {
      throw new UncheckedIOException("model: " + e.getMessage(), e);
    }
  }

  private static synchronized void release(Key key) {
    Shared shared = OPEN.get(key);
    if (shared != null && --shared.users == 0) {
      OPEN.remove(key);
      shared.base.close();
    }
  }
}
