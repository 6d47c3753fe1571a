package dev.reslora.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments of kernel methods, in order, made once and passed as often as wanted. Owns the handles,
 * not the tensors behind them.
 */
public final class Arguments implements AutoCloseable {

  private final List<IValue> values = new ArrayList<>();

  public Arguments tensor(NDArray tensor) {
    return add(IValue.from((PtNDArray) tensor));
  }

  public Arguments tensors(List<? extends NDArray> tensors) {
    return add(IValue.listFrom(tensors.toArray(PtNDArray[]::new)));
  }

  public Arguments integer(long value) {
    return add(IValue.from(value));
  }

  public Arguments integers(int... values) {
    long[] longs = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      longs[i] = values[i];
    }
    return add(IValue.listFrom(longs));
  }

  public Arguments real(double value) {
    return add(IValue.from(value));
  }

  public Arguments reals(double... values) {
    return add(IValue.listFrom(values));
  }

  public Arguments flag(boolean value) {
    return add(IValue.from(value));
  }

  public Arguments text(String value) {
    return add(IValue.from(value));
  }

  List<IValue> values() {
    return values;
  }

  private Arguments add(IValue value) {
    values.add(value);
    return this;
  }

  @Override
  public void close() {
    values.forEach(IValue::close);
    values.clear();
  }
}
