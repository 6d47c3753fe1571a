package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurveChartTest {

  @TempDir Path directory;

  @Test
  void drawsBothCurves() throws IOException {
    CurveChart.write(
        directory,
        Measure.ACCURACY,
        "mail",
        List.of(
            new CurvePoint(250, 0.5, OptionalDouble.empty()),
            new CurvePoint(500, 0.6, OptionalDouble.of(0.5)),
            new CurvePoint(750, 0.8, OptionalDouble.of(0.4))));
    BufferedImage image = ImageIO.read(directory.resolve("accuracy.png").toFile());
    assertThat(image.getWidth()).isEqualTo(CurveChart.WIDTH);
    assertThat(image.getHeight()).isEqualTo(CurveChart.HEIGHT);
    assertThat(Files.readString(directory.resolve("accuracy.svg")))
        .contains("<svg")
        .contains("rgb(27,127,92)")
        .contains("rgb(138,143,152)");
  }

  @Test
  void drawsWithoutABaseline() throws IOException {
    CurveChart.write(
        directory,
        Measure.BITS_PER_BYTE,
        "one",
        List.of(new CurvePoint(250, 0.5, OptionalDouble.empty())));
    assertThat(directory.resolve("bits-per-byte.png")).isNotEmptyFile();
  }
}
