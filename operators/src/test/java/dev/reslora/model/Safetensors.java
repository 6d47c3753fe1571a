package dev.reslora.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Safetensors bytes for the tests. */
final class Safetensors {

  private Safetensors() {}

  /** Written by the reference library (Python safetensors 0.8.0, torch 2.13): one of each type. */
  static byte[] reference() throws IOException {
    try (InputStream in = Safetensors.class.getResourceAsStream("reference.safetensors")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  /** A file of any header, followed by this many zero bytes. */
  static byte[] file(String header, int data) {
    return file(header.getBytes(StandardCharsets.UTF_8), data);
  }

  static byte[] file(byte[] header, int data) {
    return ByteBuffer.allocate(8 + header.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  /** The JSON of one tensor's entry. */
  static String entry(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }
}
