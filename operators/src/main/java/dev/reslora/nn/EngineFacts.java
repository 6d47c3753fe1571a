package dev.reslora.nn;

import ai.djl.Device;

/**
 * What the engine runs on, for people.
 *
 * @param java version and architecture
 * @param engine name and version of the native library
 * @param device the device asked for and how many GPUs the engine counts
 * @param threads cores, and what OMP_NUM_THREADS says
 */
public record EngineFacts(String java, String engine, String device, String threads) {

  /**
   * Facts of a device.
   *
   * @throws IllegalArgumentException when there is no such device name
   */
  public static EngineFacts of(String name) {
    ai.djl.engine.Engine pytorch = ai.djl.engine.Engine.getEngine("PyTorch");
    Device device = Engine.device(name);
    return new EngineFacts(
        System.getProperty("java.version") + ", " + System.getProperty("os.arch"),
        pytorch.getEngineName() + " " + pytorch.getVersion(),
        device + ", " + pytorch.getGpuCount() + " GPUs counted",
        Runtime.getRuntime().availableProcessors()
            + " cores, "
            + System.getenv().getOrDefault("OMP_NUM_THREADS", "unset")
            + " OMP_NUM_THREADS");
  }
}
