package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SafetensorsWriterTest {

  @Test
  void writesByteForByteWhatTheReferenceLibraryWrites() throws IOException {
    byte[] reference = Safetensors.reference();
    SafetensorsWriter writer = new SafetensorsWriter();
    try (SafetensorsFile file = SafetensorsFile.of("reference", reference)) {
      for (TensorEntry entry : file.entries().values()) {
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        if (entry.dtype() == DType.F32) {
          writer.add(entry.name(), file.floats(entry.name()), shape);
        } else {
          writer.add(entry.name(), entry.dtype(), file.bytes(entry.name()), shape);
        }
      }
    }
    assertThat(writer.toByteArray()).isEqualTo(reference);
  }

  @Test
  void keepsEscapesAndLettersBeyondAsciiInNames() throws IOException {
    byte[] bytes = new SafetensorsWriter().add("a\"é/", new float[1]).toByteArray();
    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .contains("{\"format\":\"pt\"},\"a\\\"é/\":");
    assertThat(SafetensorsFile.of("names", bytes).floats("a\"é/")).containsExactly(0);
  }

  @Test
  void writesAFileWithoutTensors() throws IOException {
    byte[] bytes = new SafetensorsWriter().metadata("key", "value").toByteArray();
    SafetensorsFile file = SafetensorsFile.of("empty", bytes);
    assertThat(file.entries()).isEmpty();
    assertThat(file.metadata()).containsEntry("key", "value").containsEntry("format", "pt");
  }

  @Test
  void refusesValuesThatDoNotFillTheShape() {
    assertThatThrownBy(() -> new SafetensorsWriter().add("x", new float[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'x' of F32 [2, 3] takes 24 bytes, found 20");
    assertThatThrownBy(() -> new SafetensorsWriter().add("x", DType.I64, ByteBuffer.allocate(9), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesANameTwiceOrThatCannotBeWritten() {
    SafetensorsWriter writer = new SafetensorsWriter().add("x", new float[1], 1);
    for (String name : new String[] {"x", "__metadata__", "a\nb"}) {
      assertThatThrownBy(() -> writer.add(name, new float[1], 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
