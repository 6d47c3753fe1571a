package dev.reslora.snapshot;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Key of a record on the serving topic: {@code adapterId#version} for a manifest, {@code
 * adapterId#version#index} for a chunk, {@code adapterId} for what is said of the adapter as a
 * whole. So log compaction keeps every version that no tombstone has retired, and of announcements
 * the newest. A # within an adapter id is doubled: no adapter's records ever compact another's
 * away.
 *
 * @param adapterId the adapter
 * @param version the version; empty in the adapter's own key
 * @param chunk the chunk's index; empty in a manifest's key and the adapter's own
 */
record ServingKey(String adapterId, OptionalLong version, OptionalInt chunk) {

  private static final Pattern FORM =
      Pattern.compile(
          "((?:[^#]|##)+)(?:#([1-9][0-9]{0,17})(?:#(0|[1-9][0-9]{0,8}))?)?", Pattern.DOTALL);

  static ServingKey ofAdapter(String adapterId) {
    return new ServingKey(adapterId, OptionalLong.empty(), OptionalInt.empty());
  }

  static ServingKey ofManifest(String adapterId, long version) {
    return new ServingKey(adapterId, OptionalLong.of(version), OptionalInt.empty());
  }

  static ServingKey ofChunk(String adapterId, long version, int index) {
    return new ServingKey(adapterId, OptionalLong.of(version), OptionalInt.of(index));
  }

  byte[] bytes() {
    StringBuilder key = new StringBuilder(adapterId.replace("#", "##"));
    version.ifPresent(number -> key.append('#').append(number));
    chunk.ifPresent(index -> key.append('#').append(index));
    return key.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The key behind bytes of unknown origin; empty when they are no key of ours. */
  static Optional<ServingKey> parse(byte[] bytes) {
    Matcher form = FORM.matcher(text(bytes));
    if (!form.matches()) {
      return Optional.empty();
    }
    String adapterId = form.group(1).replace("##", "#");
    String version = form.group(2);
    String index = form.group(3);
    if (version == null) {
      return Optional.of(ofAdapter(adapterId));
    }
    long number = Long.parseLong(version);
    return Optional.of(
        index == null
            ? ofManifest(adapterId, number)
            : ofChunk(adapterId, number, Integer.parseInt(index)));
  }

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "";
    }
  }
}
