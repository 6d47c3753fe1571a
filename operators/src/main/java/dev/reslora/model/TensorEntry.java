package dev.reslora.model;

import java.util.List;

/**
 * Where a tensor lies in a safetensors file; checked against the file when it was opened.
 *
 * @param name its name
 * @param dtype type of an element
 * @param shape sizes, outermost first; empty for a scalar
 * @param begin first byte, counted from the start of the file
 * @param end byte after the last, counted from the start of the file
 */
public record TensorEntry(String name, DType dtype, List<Long> shape, long begin, long end) {

  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  public long bytes() {
    return end - begin;
  }
}
