package dev.reslora.nn;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * One call of a kernel method: arguments in order, then a run, which throws {@link
 * DeviceMemoryException} where a tensor finds no room. Frees what it made for the call.
 */
public final class Call {

  private final Kernel kernel;
  private final String method;
  private final List<IValue> values = new ArrayList<>();
  private final Arguments own = new Arguments();

  Call(Kernel kernel, String method) {
    this.kernel = kernel;
    this.method = method;
  }

  /** Arguments that outlive the call. */
  public Call with(Arguments shared) {
    values.addAll(shared.values());
    return this;
  }

  public Call tensor(NDArray tensor) {
    own.tensor(tensor);
    return taken();
  }

  public Call tensors(List<? extends NDArray> tensors) {
    own.tensors(tensors);
    return taken();
  }

  public Call integer(long value) {
    own.integer(value);
    return taken();
  }

  public Call integers(int... ints) {
    own.integers(ints);
    return taken();
  }

  public Call real(double value) {
    own.real(value);
    return taken();
  }

  public Call reals(double... reals) {
    own.reals(reals);
    return taken();
  }

  public Call flag(boolean value) {
    own.flag(value);
    return taken();
  }

  /** Runs a method that returns a tensor, which the manager owns from then on. */
  public NDArray tensor(NDManager owner) {
    return run(result -> result.toTensor((PtNDManager) owner));
  }

  /**
   * Runs a method that returns a tuple of tensors and lists of tensors; the manager owns them.
   *
   * @return one list an element of the tuple, of one tensor where the element is a tensor
   */
  public List<List<NDArray>> tuple(NDManager owner) {
    return run(
        result -> {
          List<List<NDArray>> elements = new ArrayList<>();
          for (IValue element : result.toIValueTuple()) {
            try (element) {
              elements.add(
                  element.isTensor()
                      ? List.of(element.toTensor((PtNDManager) owner))
                      : List.of(element.toTensorArray((PtNDManager) owner)));
            }
          }
          return elements;
        });
  }

  /** Runs a method that returns a number. */
  public double real() {
    return run(IValue::toDouble);
  }

  private <T> T run(Function<IValue, T> read) {
    try (own;
        IValue result = kernel.run(method, values.toArray(IValue[]::new))) {
      return read.apply(result);
    } catch (EngineException e) {
      throw DeviceMemoryException.of(e);
    }
  }

  private Call taken() {
    values.add(own.values().get(own.values().size() - 1));
    return this;
  }
}
