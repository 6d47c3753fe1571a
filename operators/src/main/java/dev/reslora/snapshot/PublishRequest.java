package dev.reslora.snapshot;

import dev.reslora.schema.ForkId;
import org.jspecify.annotations.Nullable;

/**
 * What the publish stage is to do for an adapter. Made by the train stage.
 *
 * @param adapterId the adapter, or a fork
 * @param candidate to be published as the next version; null: the adapter was deleted
 */
public record PublishRequest(String adapterId, @Nullable Snapshot candidate) {

  public static PublishRequest of(Snapshot candidate) {
    return new PublishRequest(candidate.manifest().getAdapterId(), candidate);
  }

  public static PublishRequest deletion(String adapterId) {
    return new PublishRequest(adapterId, null);
  }

  /** By what the publish stage is keyed, which is by what the train stage is. */
  public String key() {
    return ForkId.keyOf(adapterId);
  }
}
