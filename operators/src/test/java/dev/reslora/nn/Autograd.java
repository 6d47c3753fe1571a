package dev.reslora.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A scripted method that runs with libtorch's own gradients, as the kernels never do: the reference
 * that their hand-written backwards are held to.
 */
public final class Autograd implements AutoCloseable {

  private final PtSymbolBlock module;

  private Autograd(PtSymbolBlock module) {
    this.module = module;
  }

  /** Compiles sources of the test resources into one. */
  public static Autograd load(NDManager manager, String... sources) {
    try {
      byte[] archive = ScriptArchive.of(sources);
      return new Autograd(
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive), true, false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Arguments of a method, in order. */
  public static final class Inputs {

    private final NDManager owner;
    private final NDList arrays = new NDList();

    /** None yet; the owner also gets what the method returns. */
    public Inputs(NDManager owner) {
      this.owner = owner;
    }

    public Inputs tensor(NDArray tensor) {
      arrays.add(tensor);
      return this;
    }

    /**
     * Dropout masks of so many tokens, [tokens, in] each, as {@code adapted_reference.py} takes
     * them.
     */
    public Inputs masks(List<float[]> masks, int tokens) {
      List<NDArray> tensors = new ArrayList<>();
      for (float[] mask : masks) {
        tensors.add(Torch.floats(owner, mask, tokens, mask.length / tokens));
      }
      if (tensors.isEmpty()) {
        tensors.add(Torch.floats(owner, new float[] {1}, 1));
      }
      return tensors("masks", tensors);
    }

    /** A list, which must not be empty. */
    public Inputs tensors(String name, List<NDArray> tensors) {
      for (NDArray tensor : tensors) {
        tensor.setName(name + "[]");
        arrays.add(tensor);
      }
      return this;
    }
  }

  /** Runs a method that returns a list of tensors. */
  public List<NDArray> run(String method, Inputs inputs) {
    NDArray name = inputs.owner.create(0f);
    name.setName("module_method:" + method);
    NDList all = new NDList(inputs.arrays);
    all.add(name);
    JniUtils.setGradMode(true);
    // The optimizer would start over for every new set of shapes.
    JniUtils.setGraphExecutorOptimize(false);
    try {
      return IValueUtils.forward(module, all, true);
    } finally {
      JniUtils.setGraphExecutorOptimize(true);
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
