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
    assertThat(text(ServingKey.ofManifest("mail"))).isEqualTo("mail");
    assertThat(text(ServingKey.ofChunk("mail", 12))).isEqualTo("mail#12");
  }

  @Test
  void givesNoTwoRecordsTheSameKeyWhateverTheAdapterIsCalled() {
    Set<String> seen = new HashSet<>();
    for (String id : List.of("a", "a#0", "a##0", "a#", "#", "##", "a#0#0", "#0", "#1", "a0")) {
      for (ServingKey key :
          List.of(
              ServingKey.ofManifest(id), ServingKey.ofChunk(id, 0), ServingKey.ofChunk(id, 10))) {
        assertThat(seen.add(text(key))).as(text(key)).isTrue();
        assertThat(ServingKey.parse(key.bytes())).contains(key);
      }
    }
  }

  @Test
  void isNoKeyWithoutAdapterOrWithAnIndexThatWeDoNotWrite() {
    for (String text : List.of("", "#0", "a#", "a#01", "a#-1", "a#9999999999", "a#x", "a#0#0")) {
      assertThat(ServingKey.parse(text.getBytes(StandardCharsets.UTF_8))).as(text).isEmpty();
    }
    assertThat(ServingKey.parse(new byte[] {'a', (byte) 0xFF})).isEmpty();
  }

  private static String text(ServingKey key) {
    return new String(key.bytes(), StandardCharsets.UTF_8);
  }
}
