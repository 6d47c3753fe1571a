package dev.reslora.pipeline.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.ObjectName;

/** Resident memory of this process, heap and native together, as Linux counts it. */
final class ProcessMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");
  private static final String RESET_PEAK = "5";

  private ProcessMemory() {}

  /**
   * Bytes by which the peak rises above what is held before the work, freed memory given back
   * first.
   *
   * @throws IOException where the system does not tell
   */
  static long rise(Runnable work) throws IOException {
    System.gc();
    trim();
    Files.writeString(CLEAR, RESET_PEAK);
    long before = bytes("VmRSS:");
    work.run();
    return bytes("VmHWM:") - before;
  }

  /** What the C library keeps of freed memory goes back to the system. */
  private static void trim() throws IOException {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "systemTrimNativeHeap",
              new Object[0],
              new String[0]);
    } catch (JMException e) {
      throw new IOException("this Java cannot trim the native heap: expected 17.0.9 or newer", e);
    }
  }

  private static long bytes(String line) throws IOException {
    return Files.readAllLines(STATUS).stream()
            .filter(each -> each.startsWith(line))
            .map(each -> Long.parseLong(each.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow(() -> new IOException(STATUS + " has no " + line))
        * 1024;
  }
}
