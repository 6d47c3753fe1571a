package dev.reslora.nn;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Scripted methods, loaded once and called from any number of threads. They run in libtorch's
 * inference mode: no gradient graph, every backward is written by hand.
 */
public final class Kernel implements AutoCloseable {

  private final PtSymbolBlock module;

  private Kernel(PtSymbolBlock module) {
    this.module = module;
  }

  /**
   * Compiles the named sources into one kernel.
   *
   * @param manager owner; its device is the kernel's
   * @param sources resources of this package without ending, as {@code reslora}, {@code bert}
   * @throws ai.djl.engine.EngineException naming the line that libtorch does not accept
   */
  public static Kernel load(NDManager manager, String... sources) {
    try {
      return new Kernel(
          JniUtils.loadModule(
              (PtNDManager) manager,
              new ByteArrayInputStream(ScriptArchive.of(sources)),
              true,
              false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a method and hands its result to the caller, who closes it. */
  IValue run(String method, IValue[] arguments) {
    // Of the calling thread. The optimizer has nothing to fuse here, but takes seconds to find out.
    JniUtils.setGraphExecutorOptimize(false);
    return IValueUtils.runMethod(module, method, arguments);
  }

  /** Begins a call; see {@link Call}. */
  public Call call(String method) {
    return new Call(this, method);
  }

  @Override
  public void close() {
    module.close();
  }
}
