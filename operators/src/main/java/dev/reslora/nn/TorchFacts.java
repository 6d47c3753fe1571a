package dev.reslora.nn;

import ai.djl.Device;
import ai.djl.engine.Engine;

/**
 * What the engine runs on, for people.
 *
 * @param java version and architecture
 * @param engine name and version of the native library
 * @param device the device asked for and how many GPUs the engine counts
 * @param threads cores, and what OMP_NUM_THREADS says
 * @param bfloat16 how the device comes by its products
 */
public record TorchFacts(
    String java, String engine, String device, String threads, String bfloat16) {

  /**
   * Facts of a device.
   *
   * @throws IllegalArgumentException when there is no such device name
   */
  public static TorchFacts of(String name) {
    Engine pytorch = Engine.getEngine("PyTorch");
    Device device = Torch.device(name);
    return new TorchFacts(
        System.getProperty("java.version") + ", " + System.getProperty("os.arch"),
        pytorch.getEngineName() + " " + pytorch.getVersion(),
        device + ", " + pytorch.getGpuCount() + " GPUs counted",
        Runtime.getRuntime().availableProcessors()
            + " cores, "
            + System.getenv().getOrDefault("OMP_NUM_THREADS", "unset")
            + " OMP_NUM_THREADS",
        Bfloat16.of(name).toString());
  }
}
