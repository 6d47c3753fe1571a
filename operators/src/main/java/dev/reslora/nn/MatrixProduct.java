package dev.reslora.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.List;

/**
 * A frozen projection's product x W^T by itself, to measure what the machine can do. Owner of its
 * tensors.
 */
public final class MatrixProduct implements AutoCloseable {

  private final NDManager manager;
  private final Kernel kernel;
  private final Kind kind;
  private final Shape shape;
  private final NDArray x;
  private final NDArray weight;

  /** How the product is computed. */
  public enum Kind {
    FLOAT32("float32", 6, false),
    FLOAT32_PACKED("float32 packed", 6, true),
    BFLOAT16("bfloat16", 15, false),
    BFLOAT16_PACKED("bfloat16 packed", 15, true);

    private final String label;
    private final int dtype;
    private final boolean packed;

    Kind(String label, int dtype, boolean packed) {
      this.label = label;
      this.dtype = dtype;
      this.packed = packed;
    }

    /** Type, and whether the weight lies in oneDNN's blocked layout. */
    public String label() {
      return label;
    }

    /** Whether a device has it: oneDNN is the CPU's. */
    public boolean runsOn(String device) {
      return !packed || device.equals("cpu");
    }
  }

  /** x is [rows, in], W [out, in]. */
  public record Shape(int rows, int in, int out) {

    /** Floating-point operations of a product. */
    public double flops() {
      return 2.0 * rows * in * out;
    }

    @Override
    public String toString() {
      return rows + "x" + in + "x" + out;
    }
  }

  private MatrixProduct(NDManager manager, Kind kind, Shape shape) {
    this.manager = manager;
    this.kind = kind;
    this.shape = shape;
    this.kernel = Kernel.load(manager, "reslora", "bench");
    this.x = matrix(shape.rows, shape.in, false);
    this.weight = matrix(shape.out, shape.in, kind.packed);
  }

  public static MatrixProduct of(String device, Kind kind, Shape shape) {
    return new MatrixProduct(Torch.manager(device), kind, shape);
  }

  private NDArray matrix(int rows, int columns, boolean packed) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    try (NDArray java = Torch.floats(manager, values, rows, columns)) {
      return kernel.call("pack").tensor(java).integer(kind.dtype).flag(packed).tensor(manager);
    }
  }

  public Kind kind() {
    return kind;
  }

  public Shape shape() {
    return shape;
  }

  /** Computes it so many times, and waits. */
  public void run(int times) {
    List<NDArray> xs = Collections.nCopies(times, x);
    kernel.call("products").tensors(xs).tensor(weight).flag(kind.packed).real();
  }

  @Override
  public void close() {
    kernel.close();
    manager.close();
  }
}
