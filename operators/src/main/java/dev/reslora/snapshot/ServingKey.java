package dev.reslora.snapshot;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Key of a record on the serving topic: {@code adapterId} for a manifest, {@code adapterId#index}
 * for a chunk, so that log compaction keeps the newest version's records. A # within an adapter id
 * is doubled: no adapter's manifest ever compacts another's chunk away.
 *
 * @param adapterId the adapter
 * @param chunk the chunk's index; empty for a manifest
 */
record ServingKey(String adapterId, OptionalInt chunk) {

  private static final Pattern FORM = Pattern.compile("((?:[^#]|##)+)(?:#(0|[1-9][0-9]{0,8}))?");

  static ServingKey ofManifest(String adapterId) {
    return new ServingKey(adapterId, OptionalInt.empty());
  }

  static ServingKey ofChunk(String adapterId, int index) {
    return new ServingKey(adapterId, OptionalInt.of(index));
  }

  byte[] bytes() {
    String name = adapterId.replace("#", "##");
    String key = chunk.isPresent() ? name + "#" + chunk.getAsInt() : name;
    return key.getBytes(StandardCharsets.UTF_8);
  }

  /** The key behind bytes of unknown origin; empty when they are no key of ours. */
  static Optional<ServingKey> parse(byte[] bytes) {
    Matcher form = FORM.matcher(text(bytes));
    if (!form.matches()) {
      return Optional.empty();
    }
    String adapterId = form.group(1).replace("##", "#");
    String index = form.group(2);
    return Optional.of(
        index == null ? ofManifest(adapterId) : ofChunk(adapterId, Integer.parseInt(index)));
  }

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "";
    }
  }
}
