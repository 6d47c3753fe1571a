package dev.reslora.serving;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.serving.ServedModel.LoadedAdapter;
import dev.reslora.text.TokenizedText;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A version that requests are answered with. It does not change; its tensors are freed when {@link
 * ServedAdapters} has let go of it and the last request that holds it is answered.
 */
public final class ServedVersion {

  private final SnapshotManifest manifest;
  private final LoadedAdapter adapter;

  /** One for whoever serves it, and one for each lease. */
  private final AtomicInteger holders = new AtomicInteger(1);

  ServedVersion(SnapshotManifest manifest, LoadedAdapter adapter) {
    this.manifest = manifest;
    this.adapter = adapter;
  }

  /** A request's hold on a version; close it once, when the request is answered. */
  public record Lease(ServedVersion version) implements AutoCloseable {

    @Override
    public void close() {
      version.release();
    }
  }

  /** What it is. */
  public SnapshotManifest manifest() {
    return manifest;
  }

  /** Answers texts, in order, in one forward pass. For who holds a lease. */
  public List<Answer> answer(List<TokenizedText> texts) {
    return adapter.answer(texts);
  }

  /** Whether it is a language model's: it completes, and answers nothing else. */
  public boolean completes() {
    return adapter.completes();
  }

  /**
   * Goes on with a text. For who holds a lease.
   *
   * @param parts gets the text piece by piece; what it throws ends the completion
   */
  public Completions.Completion complete(Completions.Request request, Consumer<String> parts) {
    return adapter.complete(request, parts);
  }

  /** Holds it, unless it is gone already. */
  boolean retain() {
    return holders.updateAndGet(count -> count == 0 ? 0 : count + 1) > 0;
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      adapter.close();
    }
  }
}
