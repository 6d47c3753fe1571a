package dev.reslora.nn;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** DJL's PyTorch engine: devices, threads, and tensors from and to Java arrays. */
public final class Torch {

  /** Loads the native library. */
  private static final Engine PYTORCH = Engine.getEngine("PyTorch");

  private Torch() {}

  /**
   * A new owner of native memory on a device.
   *
   * @param device cpu, or cuda:0, cuda:1, ...
   */
  public static NDManager manager(String device) {
    return PYTORCH.newBaseManager(device(device));
  }

  /**
   * The device of a name. A CUDA index is taken at its word: DJL counts no devices where libcudart
   * has only a versioned name.
   *
   * @throws IllegalArgumentException when the name is neither cpu nor cuda:N
   */
  public static Device device(String name) {
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    if (name.matches("cuda:\\d{1,3}")) {
      return Device.gpu(Integer.parseInt(name.substring(5)));
    }
    throw new IllegalArgumentException("device: expected cpu or cuda:N, found " + name);
  }

  /** Native arrays that this process's managers own. */
  public static int arrays() {
    try (NDManager probe = PYTORCH.newBaseManager(Device.cpu())) {
      return probe.getParentManager().getManagedArrays().size();
    }
  }

  /** Intra-op threads of the calling thread. */
  public static void useThreads(int threads) {
    JniUtils.setNumThreads(threads);
  }

  public static NDArray floats(NDManager owner, float[] values, long... shape) {
    return owner.create(FloatBuffer.wrap(values), new Shape(shape));
  }

  public static NDArray integers(NDManager owner, long[] values, long... shape) {
    return owner.create(values, new Shape(shape));
  }

  /** A copy of a float32 tensor's numbers, row-major. */
  public static float[] floats(NDArray tensor) {
    FloatBuffer buffer = tensor.toByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] numbers = new float[buffer.remaining()];
    buffer.get(numbers);
    return numbers;
  }
}
