package dev.reslora.snapshot;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts versions together from the records of a serving topic, given one after the other as they lie
 * in their partition. A version is handed out whole, in order and with every digest right, or it is
 * refused by name; a repetition of a known version is dropped. Not thread-safe.
 *
 * <p>Reading may start in the middle of a compacted topic: what compaction left of older versions
 * is refused, the newest version is whole.
 */
public final class SnapshotAssembler {

  /** Largest version taken unless told otherwise: 256 MiB. */
  public static final long DEFAULT_MAX_BYTES = 256L << 20;

  private final AvroDecoder<SnapshotChunk> chunks;
  private final AvroDecoder<SnapshotManifest> manifests;
  private final AvroDecoder<SnapshotAnnouncement> announcements;
  private final long maxBytes;
  private final PayloadSource store;
  private final SnapshotListener listener;
  private final Map<String, Reading> adapters = new HashMap<>();

  /** Reads payloads outside of the topic from local files, see {@link PayloadSource#LOCAL}. */
  public SnapshotAssembler(WireConfig wire, long maxBytes, SnapshotListener listener) {
    this(wire, maxBytes, PayloadSource.LOCAL, listener);
  }

  /**
   * @param wire where writers' schemas are found
   * @param maxBytes largest payload of a version; more is refused before it is held
   * @param store where payloads are read that are not on the topic
   * @param listener gets versions and refusals from within {@link #accept}
   */
  public SnapshotAssembler(
      WireConfig wire, long maxBytes, PayloadSource store, SnapshotListener listener) {
    this.chunks = wire.decoder(List.of(SnapshotChunk.class));
    this.manifests = wire.decoder(List.of(SnapshotManifest.class));
    this.announcements = wire.decoder(List.of(SnapshotAnnouncement.class));
    this.maxBytes = maxBytes;
    this.store = store;
    this.listener = listener;
  }

  /** Takes the next record, whose way is not known; see the other. */
  public void accept(byte @Nullable [] key, byte @Nullable [] value) throws IOException {
    accept(key, value, Transit.UNKNOWN);
  }

  /**
   * Takes the next record.
   *
   * @param transit when it was where; a manifest's goes with its version
   * @throws IOException when the schema registry or the store gave no answer; the record was not
   *     taken and may be given again
   */
  public void accept(byte @Nullable [] key, byte @Nullable [] value, Transit transit)
      throws IOException {
    Optional<ServingKey> place = key == null ? Optional.empty() : ServingKey.parse(key);
    if (place.isEmpty()) {
      String message = "the key is no adapter id, nor one with #version or #version#index";
      listener.refused(new RefusedVersion("", 0, Refusal.MALFORMED, message));
      return;
    }
    accept(place.get(), value, transit);
  }

  private void accept(ServingKey key, byte @Nullable [] value, Transit transit) throws IOException {
    String adapterId = key.adapterId();
    if (key.version().isEmpty()) {
      if (value != null) {
        announcement(adapterId, value);
      } else if (adapters.containsKey(adapterId) && reading(adapterId).delete()) {
        listener.retired(adapterId);
      }
    } else if (value != null) {
      reading(adapterId).record(key, value, transit);
    } else if (key.chunk().isEmpty()
        && adapters.containsKey(adapterId)
        && !reading(adapterId).chain.isDeleted()) {
      listener.retired(adapterId, key.version().getAsLong());
    }
  }

  private void announcement(String adapterId, byte[] value) throws IOException {
    try {
      SnapshotAnnouncement announcement = announcements.decode(value);
      if (announcement.getAdapterId().equals(adapterId)) {
        listener.announced(announcement);
        return;
      }
      refuse(adapterId, "the announcement is of adapter " + announcement.getAdapterId());
    } catch (RejectedException e) {
      refuse(adapterId, "announcement: " + e.getMessage());
    }
  }

  private void refuse(String adapterId, String message) {
    listener.refused(new RefusedVersion(adapterId, 0, Refusal.MALFORMED, message));
  }

  /** Adapters whose last chunks still wait for a manifest. */
  public Set<String> unfinished() {
    Set<String> unfinished = new TreeSet<>();
    adapters.forEach(
        (adapterId, reading) -> {
          if (reading.progress != null || reading.fault != null) {
            unfinished.add(adapterId);
          }
        });
    return unfinished;
  }

  private Reading reading(String adapterId) {
    return adapters.computeIfAbsent(adapterId, id -> new Reading());
  }

  /** What is known of one adapter. */
  private final class Reading {

    private final KnownChain chain = new KnownChain();
    private @Nullable VersionInProgress progress;

    /** Why the chunks since the last chunk 0 are of no use. */
    private @Nullable RefusalException fault;

    boolean delete() {
      begin(null);
      return chain.delete();
    }

    void record(ServingKey key, byte[] value, Transit transit) throws IOException {
      if (key.chunk().isPresent()) {
        chunk(key, key.chunk().getAsInt(), value);
      } else {
        manifest(key, value, transit);
      }
    }

    /** A writer that starts a version again starts it at chunk 0: so does this. */
    private void chunk(ServingKey key, int index, byte[] value) throws IOException {
      try {
        SnapshotChunk chunk = decode(key, index, value);
        if (index == 0) {
          begin(null);
          progress = new VersionInProgress(chunk, maxBytes);
        } else if (progress != null) {
          progress.add(chunk, maxBytes);
        } else if (fault == null) {
          throw new RefusalException(
              Refusal.MISSING_CHUNK, "expected chunk 0, found chunk " + index);
        }
      } catch (RefusalException e) {
        begin(e);
      }
    }

    private SnapshotChunk decode(ServingKey key, int index, byte[] value)
        throws RefusalException, IOException {
      SnapshotChunk chunk;
      try {
        chunk = chunks.decode(value);
      } catch (RejectedException e) {
        throw new RefusalException(Refusal.MALFORMED, "chunk " + index + ": " + e.getMessage());
      }
      if (!chunk.getAdapterId().equals(key.adapterId())
          || chunk.getVersion() != key.version().getAsLong()
          || chunk.getIndex() != index
          || index >= chunk.getCount()) {
        throw new RefusalException(
            Refusal.MALFORMED,
            "the key is of chunk "
                + index
                + " of version "
                + key.version().getAsLong()
                + ", the value of chunk "
                + chunk.getIndex()
                + " of "
                + chunk.getCount()
                + " of version "
                + chunk.getVersion()
                + " of "
                + chunk.getAdapterId());
      }
      return chunk;
    }

    private void manifest(ServingKey key, byte[] value, Transit transit) throws IOException {
      long version = key.version().getAsLong();
      try {
        SnapshotManifest manifest = decode(key, value);
        ManifestCheck.check(manifest, maxBytes);
        finish(manifest, transit);
        begin(null);
      } catch (RefusalException e) {
        // Of versions among each other none is right, whichever manifest comes first.
        begin(e.reason() == Refusal.INTERLEAVED ? e : null);
        listener.refused(e.of(key.adapterId(), version));
      }
    }

    private void begin(@Nullable RefusalException fault) {
      this.progress = null;
      this.fault = fault;
    }

    private void finish(SnapshotManifest manifest, Transit transit)
        throws RefusalException, IOException {
      if (!chain.has(manifest)) {
        Continuity continuity = chain.join(manifest);
        SortedMap<String, byte[]> files =
            manifest.getDataref().isEmpty() ? collected().files(manifest) : stored(manifest);
        chain.add(manifest);
        listener.published(new PublishedVersion(manifest, files, continuity, transit));
      }
    }

    private SortedMap<String, byte[]> stored(SnapshotManifest manifest)
        throws RefusalException, IOException {
      byte[] payload;
      try {
        payload = store.read(URI.create(manifest.getDataref()), manifest.getPayloadSize());
      } catch (FileNotFoundException | NoSuchFileException e) {
        throw new RefusalException(
            Refusal.NO_PAYLOAD, manifest.getDataref() + " is not there: " + e.getMessage());
      }
      if (payload.length != manifest.getPayloadSize()) {
        throw new RefusalException(
            Refusal.WRONG_SIZE,
            "the manifest says %d bytes, %s has %s"
                .formatted(
                    manifest.getPayloadSize(),
                    manifest.getDataref(),
                    payload.length > manifest.getPayloadSize() ? "more" : payload.length));
      }
      return VersionInProgress.cut(manifest, List.of(ByteBuffer.wrap(payload)));
    }

    private SnapshotManifest decode(ServingKey key, byte[] value)
        throws RefusalException, IOException {
      SnapshotManifest manifest;
      try {
        manifest = manifests.decode(value);
      } catch (RejectedException e) {
        throw new RefusalException(Refusal.MALFORMED, "manifest: " + e.getMessage());
      }
      if (!manifest.getAdapterId().equals(key.adapterId())
          || manifest.getVersion() != key.version().getAsLong()) {
        throw new RefusalException(
            Refusal.MALFORMED,
            "the manifest is of version "
                + manifest.getVersion()
                + " of adapter "
                + manifest.getAdapterId());
      }
      return manifest;
    }

    private VersionInProgress collected() throws RefusalException {
      if (fault != null) {
        throw fault;
      }
      if (progress == null) {
        throw new RefusalException(Refusal.NO_CHUNKS, "there is no chunk before the manifest");
      }
      return progress;
    }
  }
}
