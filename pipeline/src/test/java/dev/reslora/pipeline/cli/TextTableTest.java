package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

  @Test
  void alignsWordsLeftAndNumbersRight() {
    TextTable table = new TextTable("NAME", "STEPS");
    table.add("a", 1_234_567L);
    table.add("longer", 5);
    assertThat(table)
        .hasToString(
            """
            NAME        STEPS
            a       1,234,567
            longer          5
            """);
  }

  @Test
  void isAHeaderWithoutRows() {
    assertThat(new TextTable("A", "B")).hasToString("A  B\n");
  }
}
