package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServingKeyTest {

  @Test
  void namesManifestAndChunksByTheirAdapter() {
    assertThat(text(ServingKey.ofAdapter("mail"))).isEqualTo("mail");
    assertThat(text(ServingKey.ofManifest("mail", 7))).isEqualTo("mail#7");
    assertThat(text(ServingKey.ofChunk("mail", 7, 12))).isEqualTo("mail#7#12");
  }

  @Test
  void givesNoTwoRecordsTheSameKeyWhateverTheAdapterIsCalled() {
    Set<String> seen = new HashSet<>();
    for (String id :
        List.of("a", "a#0", "a#1", "a##1", "a#", "#", "##", "a#1#0", "#0", "#1", "a1", "a\nb")) {
      for (ServingKey key :
          List.of(
              ServingKey.ofAdapter(id),
              ServingKey.ofManifest(id, 1),
              ServingKey.ofManifest(id, 10),
              ServingKey.ofChunk(id, 1, 0),
              ServingKey.ofChunk(id, 10, 10))) {
        assertThat(seen.add(text(key))).as(text(key)).isTrue();
        assertThat(ServingKey.parse(key.bytes())).contains(key);
      }
    }
  }

  @Test
  void isNoKeyWithoutAdapterOrWithAnIndexThatWeDoNotWrite() {
    for (String text :
        List.of(
            "",
            "#0",
            "a#",
            "a#0",
            "a#01",
            "a#-1",
            "a#x",
            "a#0#0",
            "a#1#01",
            "a#1#9999999999",
            "a#1#",
            "a#1#0#0",
            "a#9999999999999999999")) {
      assertThat(ServingKey.parse(text.getBytes(StandardCharsets.UTF_8))).as(text).isEmpty();
    }
    assertThat(ServingKey.parse(new byte[] {'a', (byte) 0xFF})).isEmpty();
  }

  private static String text(ServingKey key) {
    return new String(key.bytes(), StandardCharsets.UTF_8);
  }
}
