package dev.reslora.nn;

import ai.djl.engine.EngineException;
import java.util.List;

/**
 * A tensor found no room on the device; what was there before the call is as it was or half done.
 */
public final class DeviceMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What libtorch, its allocators and CUDA's libraries say. They have no type for it. */
  private static final List<String> SIGNS =
      List.of("can't allocate memory", "out of memory", "ALLOC_FAILED", "std::bad_alloc");

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The exception itself, or what it means where it tells of missing memory. */
  static RuntimeException of(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return SIGNS.stream().anyMatch(message::contains)
        ? new DeviceMemoryException("the device has no memory left", e)
        : e;
  }
}
