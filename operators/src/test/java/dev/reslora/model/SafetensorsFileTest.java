package dev.reslora.model;

import static dev.reslora.model.Safetensors.entry;
import static dev.reslora.model.Safetensors.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsFileTest {

  @Test
  void readsWhatTheReferenceLibraryWrote() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.of("reference", Safetensors.reference())) {
      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.entries()).hasSize(12);
      assertThat(file.entries().get("a.weight"))
          .returns(DType.F32, TensorEntry::dtype)
          .returns(List.of(2L, 3L), TensorEntry::shape)
          .returns(6L, TensorEntry::elements)
          .returns(24L, TensorEntry::bytes);
      assertThat(file.floats("a.weight")).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(file.floats("scalar")).containsExactly(2.5f);
      assertThat(file.floats("zero")).isEmpty();
      assertThat(file.floats("half")).containsExactly(0.5f, 65504);
      assertThat(file.floats("bf")).containsExactly(3.140625f);
      assertThat(file.bytes("ids").getLong(8)).isEqualTo(-1);
      assertThat(file.bytes("ids").isReadOnly()).isTrue();
    }
  }

  @Test
  void widensEveryHalfExactly() {
    assertThat(DType.half((short) 0x0001)).isEqualTo(0x1p-24f);
    assertThat(DType.half((short) 0x03ff)).isEqualTo(1023 * 0x1p-24f);
    assertThat(DType.half((short) 0x0400)).isEqualTo(0x1p-14f);
    assertThat(DType.half((short) 0x3c01)).isEqualTo(1 + 0x1p-10f);
    assertThat(DType.half((short) 0xfbff)).isEqualTo(-65504f);
    assertThat(DType.half((short) 0x8000)).isEqualTo(-0f);
    assertThat(DType.half((short) 0x7c00)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(DType.half((short) 0xfe00)).isNaN();
  }

  @Test
  void readsTensorsLargerThanAChunk(@TempDir Path directory) throws IOException {
    float[] values = new float[700_001];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    Path path = directory.resolve("large.safetensors");
    new SafetensorsWriter().add("x", values, values.length).write(path);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.floats("x")).isEqualTo(values);
    }
  }

  @Test
  void refusesToReadIntegersAsFloats() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.of("reference", Safetensors.reference())) {
      for (String name : List.of("ids", "i32", "u8", "f64", "bool")) {
        assertThatThrownBy(() -> file.floats(name))
            .isInstanceOf(ModelFileException.class)
            .hasMessageContaining("'" + name + "'")
            .hasMessageContaining("expected F32, F16 or BF16");
      }
    }
  }

  @Test
  void namesAMissingTensorAndSomeThatAreThere() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.of("reference", Safetensors.reference())) {
      assertThatThrownBy(() -> file.floats("c.weight"))
          .isInstanceOf(ModelFileException.class)
          .hasMessage(
              "reference: has no tensor 'c.weight'; it has 12, among them a.weight, b.bias, bf");
    }
  }

  @Test
  void saysSoWhenTheFileShrinksWhileItIsOpen(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("shrinks.safetensors");
    Files.write(path, Safetensors.reference());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      Files.write(path, new byte[16]);
      assertThatThrownBy(() -> file.floats("a.weight"))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("it was longer when opened");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void refuses(String what, byte[] bytes, String message, @TempDir Path directory)
      throws IOException {
    Path path = directory.resolve("bad.safetensors");
    Files.write(path, bytes);
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("bad.safetensors")
        .hasMessageContaining(message);
  }

  static Stream<Arguments> malformed() {
    String x = entry("x", "F32", "[2]", "[0,8]");
    return Stream.of(
        Arguments.of("an empty file", new byte[0], "has 0 bytes"),
        Arguments.of("a file without header", new byte[7], "has 7 bytes"),
        Arguments.of("an empty header", file("", 0), "begin with '{'"),
        Arguments.of("a truncated header", prefix(100, "{}"), "has 100 bytes, expected at most 2"),
        Arguments.of("a huge header", prefix(1L << 40, "{}"), "has 1099511627776 bytes"),
        Arguments.of("an unsigned header length", prefix(-1, "{}"), "18446744073709551615"),
        Arguments.of("text before the object", file(" {}", 0), "begin with '{'"),
        Arguments.of("another JSON value", file("[]", 0), "begin with '{'"),
        Arguments.of("broken JSON", file("{\"x\":", 0), "not valid JSON"),
        Arguments.of("a second object", file("{}{}", 0), "goes on after"),
        Arguments.of(
            "malformed UTF-8", file(new byte[] {'{', '"', (byte) 0xff, '"'}, 0), "not valid UTF-8"),
        Arguments.of("UTF-16", file("{}".getBytes(StandardCharsets.UTF_16LE), 0), "not valid JSON"),
        Arguments.of(
            "deep nesting", file("{\"x\":" + "[".repeat(5000), 0), "expected START_OBJECT"),
        Arguments.of("duplicate tensors", file("{" + x + "," + x + "}", 8), "Duplicate field 'x'"),
        Arguments.of(
            "duplicate fields",
            file("{\"x\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 8),
            "Duplicate field 'dtype'"),
        Arguments.of("a number for a tensor", file("{\"x\":1}", 0), "expected START_OBJECT"),
        Arguments.of(
            "metadata that is not text",
            file("{\"__metadata__\":{\"format\":1}}", 0),
            "__metadata__ 'format'"),
        Arguments.of(
            "a missing field",
            file("{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}", 0),
            "no data_offsets"),
        Arguments.of(
            "an unknown field", file("{\"x\":{\"stride\":[1]}}", 0), "unknown field: stride"),
        Arguments.of(
            "an unknown dtype", file("{" + entry("x", "F99", "[2]", "[0,8]") + "}", 8), "F99"),
        Arguments.of("a negative size", one("F32", "[-2]", "[0,8]"), "out of range: -2"),
        Arguments.of("a fraction for a size", one("F32", "[2.0]", "[0,8]"), "VALUE_NUMBER_INT"),
        Arguments.of(
            "a size beyond 64 bits", one("F32", "[9223372036854775808]", "[0,8]"), "out of range"),
        Arguments.of(
            "sizes whose product overflows",
            one("F32", "[4294967296,4294967296]", "[0,8]"),
            "overflows"),
        Arguments.of(
            "a size in bits that overflows",
            one("F32", "[9223372036854775807]", "[0,8]"),
            "overflows"),
        Arguments.of(
            "too many dimensions",
            one("F32", "[1" + ",1".repeat(64) + "]", "[0,8]"),
            "more than 64"),
        Arguments.of("too few bytes", one("F32", "[3]", "[0,8]"), "takes 12 bytes, found 8"),
        Arguments.of("too many bytes", one("F32", "[1]", "[0,8]"), "takes 4 bytes, found 8"),
        Arguments.of("half a byte", one("F4", "[3]", "[0,8]"), "does not end at a byte"),
        Arguments.of("offsets backwards", one("F32", "[0]", "[8,0]"), "has offsets [8, 0]"),
        Arguments.of("offsets out of the file", one("F32", "[3]", "[0,12]"), "within 0 to 8"),
        Arguments.of("one offset", one("F32", "[2]", "[0]"), "has offsets [0]"),
        Arguments.of("a hole at the start", one("F32", "[1]", "[4,8]"), "leaves a hole"),
        Arguments.of(
            "a hole between tensors",
            file("{" + x + "," + entry("y", "F32", "[1]", "[12,16]") + "}", 16),
            "'y' leaves a hole"),
        Arguments.of(
            "an overlap",
            file("{" + x + "," + entry("y", "F32", "[2]", "[4,12]") + "}", 12),
            "'y' overlaps"),
        Arguments.of("bytes after the tensors", file("{" + x + "}", 9), "the tensors end at byte"));
  }

  /** Any bytes give a file or a named refusal, and what opens can be read. */
  @Test
  void survivesTwoThousandMutations() throws IOException {
    byte[] reference = Safetensors.reference();
    Random random = new Random(42);
    int opened = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] mutated = mutate(reference, random);
      try (SafetensorsFile file = SafetensorsFile.of("mutated", mutated)) {
        opened++;
        for (TensorEntry entry : file.entries().values()) {
          assertThat(file.bytes(entry.name()).remaining()).isEqualTo((int) entry.bytes());
        }
      } catch (ModelFileException refused) {
        assertThat(refused).hasMessageStartingWith("mutated: ");
      }
    }
    assertThat(opened).isBetween(1, 1999);
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] mutated = original.clone();
    for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
      // Half of them in the first bytes: the length and the header's start.
      int at = random.nextInt(random.nextBoolean() ? mutated.length : 64);
      switch (random.nextInt(3)) {
        case 0 -> mutated[at] = (byte) random.nextInt(256);
        case 1 -> mutated[at] = (byte) ('0' + random.nextInt(10));
        default -> mutated[at] ^= (byte) (1 << random.nextInt(8));
      }
    }
    boolean cut = random.nextInt(4) == 0;
    return cut ? Arrays.copyOf(mutated, random.nextInt(mutated.length)) : mutated;
  }

  private static byte[] one(String dtype, String shape, String offsets) {
    return file("{" + entry("x", dtype, shape, offsets) + "}", 8);
  }

  private static byte[] prefix(long length, String header) {
    byte[] bytes = file(header, 0);
    ByteBuffer.wrap(bytes).putLong(0, Long.reverseBytes(length));
    return bytes;
  }
}
