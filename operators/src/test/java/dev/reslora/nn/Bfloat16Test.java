package dev.reslora.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class Bfloat16Test {

  @Test
  void goesByTheInstructions() {
    assertThat(ofFlags("flags\t\t: fpu avx512f avx512_bf16 amx_tile")).isEqualTo(Bfloat16.HARDWARE);
    assertThat(ofFlags("Features\t: fp asimd bf16 i8mm")).isEqualTo(Bfloat16.HARDWARE);
    assertThat(ofFlags("flags\t\t: fpu avx512f avx512_vnni")).isEqualTo(Bfloat16.EMULATED);
    assertThat(ofFlags("bugs\t\t: spectre_v1")).isEqualTo(Bfloat16.UNKNOWN);
  }

  @Test
  void saysNothingOfAnotherDevice() {
    assertThat(Bfloat16.of("cuda:0")).isEqualTo(Bfloat16.UNKNOWN);
  }

  private static Bfloat16 ofFlags(String line) {
    return Bfloat16.ofCpu(List.of("processor\t: 0", line, "processor\t: 1"));
  }
}
