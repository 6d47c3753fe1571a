package dev.reslora.nn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How a device comes by bfloat16 products. oneDNN has them on every CPU, on some by emulation. */
public enum Bfloat16 {
  HARDWARE("in hardware"),
  EMULATED("emulated, several times slower than float32"),
  UNKNOWN("not known of this device");

  private static final Path CPU = Path.of("/proc/cpuinfo");

  /** Linux's names of the instructions, x86-64 and Arm. */
  private static final Set<String> INSTRUCTIONS = Set.of("avx512_bf16", "amx_bf16", "bf16");

  private final String text;

  Bfloat16(String text) {
    this.text = text;
  }

  /**
   * That of a device, as far as Linux tells.
   *
   * @param device cpu, or cuda:0, ...
   */
  public static Bfloat16 of(String device) {
    if (!device.equals("cpu")) {
      return UNKNOWN;
    }
    try (Stream<String> lines = Files.lines(CPU)) {
      return ofCpu(lines.toList());
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  /** That of the first processor, by the lines of {@code /proc/cpuinfo}. */
  static Bfloat16 ofCpu(List<String> lines) {
    return lines.stream()
        .filter(line -> line.matches("(flags|Features)\\s*:.*"))
        .findFirst()
        .map(line -> Arrays.stream(line.split("\\s+")).collect(Collectors.toSet()))
        .map(flags -> INSTRUCTIONS.stream().anyMatch(flags::contains) ? HARDWARE : EMULATED)
        .orElse(UNKNOWN);
  }

  /** For people. */
  @Override
  public String toString() {
    return text;
  }
}
