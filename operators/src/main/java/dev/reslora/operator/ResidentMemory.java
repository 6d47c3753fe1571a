package dev.reslora.operator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resident memory of this process, heap and native together. */
final class ResidentMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String LINE = "VmRSS:";

  private ResidentMemory() {}

  /** 0 where the system does not tell. */
  static long bytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(LINE)) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
