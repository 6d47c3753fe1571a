package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A model's tensors on their way from its directory to a device, in the order of its kernels. */
final class FrozenTensors {

  private static final int FLOAT32 = 6;
  private static final int BFLOAT16 = 15;

  private final HuggingFaceDirectory directory;
  private final Kernel kernel;
  private final NDManager owner;
  private final int dtype;
  private final boolean packed;
  private final List<NDArray> tensors = new ArrayList<>();

  /**
   * None yet.
   *
   * @param owner of the tensors; its device is where they go
   * @param bfloat16 whether what the products read is bfloat16
   */
  FrozenTensors(HuggingFaceDirectory directory, Kernel kernel, NDManager owner, boolean bfloat16) {
    this.directory = directory;
    this.kernel = kernel;
    this.owner = owner;
    this.dtype = type(bfloat16);
    this.packed = packs(owner);
  }

  /** The kernels' number of the compute type. */
  static int type(boolean bfloat16) {
    return bfloat16 ? BFLOAT16 : FLOAT32;
  }

  /** Whether weights lie in oneDNN's layout: on CPUs. */
  static boolean packs(NDManager owner) {
    return !owner.getDevice().isGpu();
  }

  /** All added so far. */
  List<NDArray> tensors() {
    return tensors;
  }

  /** A tensor's numbers, as {@link HuggingFaceDirectory#tensor}. */
  float[] read(String name, long... shape) throws IOException {
    return directory.tensor(name, shape);
  }

  /** Tensors one after the other, each [rows, ...], as one [sum of rows, ...]. */
  float[] fused(List<String> names, int[] rows, int columns) throws IOException {
    int size = 0;
    for (int each : rows) {
      size += each * columns;
    }
    float[] all = new float[size];
    int at = 0;
    for (int i = 0; i < rows.length; i++) {
      float[] part =
          columns == 1 ? read(names.get(i), rows[i]) : read(names.get(i), rows[i], columns);
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** As it is, float32. */
  void plain(String name, long... shape) throws IOException {
    plain(read(name, shape), shape);
  }

  /** Numbers as they are, float32. */
  void plain(float[] values, long... shape) {
    add(values, FLOAT32, false, shape);
  }

  /** In the compute type, not packed: a bias, an embedding. */
  void cast(float[] values, long... shape) {
    add(values, dtype, false, shape);
  }

  /** A frozen weight, [out, in]. */
  void pack(float[] weight, int out, int in) {
    add(weight, dtype, packed, out, in);
  }

  /** W^T of a frozen weight [out, in], for the backward. */
  void packTransposed(float[] weight, int out, int in) {
    float[] transposed = new float[weight.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        transposed[i * out + o] = weight[o * in + i];
      }
    }
    add(transposed, dtype, packed, in, out);
  }

  /** A tensor that the model does not have. */
  void none() {
    tensors.add(owner.zeros(new Shape(0)));
  }

  /** One that was added before, again. */
  void again(int index) {
    tensors.add(tensors.get(index));
  }

  private void add(float[] values, int type, boolean pack, long... shape) {
    try (NDArray java = Torch.floats(owner, values, shape)) {
      tensors.add(kernel.call("pack").tensor(java).integer(type).flag(pack).tensor(owner));
    }
  }
}
