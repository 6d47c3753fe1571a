package dev.reslora.pipeline.local;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws both curves, adapted and frozen, over the stream. */
public final class CurveChart {

  static final int WIDTH = 1000;
  static final int HEIGHT = 560;
  private static final Color ADAPTED = new Color(0x1b7f5c);
  private static final Color FROZEN = new Color(0x8a8f98);

  private CurveChart() {}

  /**
   * Writes a PNG and an SVG file named for the measure.
   *
   * @param points at least one
   */
  public static void write(Path directory, Measure measure, String title, List<CurvePoint> points)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    Files.createDirectories(directory);
    XYChart chart = chart(measure, title, points);
    String file = directory.resolve(measure.file()).toString();
    BitmapEncoder.saveBitmap(chart, file, BitmapFormat.PNG);
    VectorGraphicsEncoder.saveVectorGraphic(chart, file, VectorGraphicsFormat.SVG);
  }

  private static XYChart chart(Measure measure, String title, List<CurvePoint> points) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("examples of the stream")
            .yAxisTitle(measure.axis())
            .build();
    chart
        .getStyler()
        .setLegendPosition(LegendPosition.OutsideS)
        .setLegendLayout(Styler.LegendLayout.Horizontal)
        .setChartBackgroundColor(Color.WHITE)
        .setPlotBorderVisible(false);
    chart.getStyler().setXAxisDecimalPattern("#,###").setYAxisDecimalPattern(measure.pattern());
    chart.getStyler().setXAxisMin(0.0);
    measure.range().ifPresent(most -> chart.getStyler().setYAxisMin(0.0).setYAxisMax(most));
    List<CurvePoint> judged = points.stream().filter(p -> p.baseline().isPresent()).toList();
    addLine(chart, "adapted", ADAPTED, points, p -> measure.scaled(p.adapted()));
    if (!judged.isEmpty()) {
      addLine(
          chart,
          "frozen baseline",
          FROZEN,
          judged,
          p -> measure.scaled(p.baseline().orElseThrow()));
    }
    return chart;
  }

  private static void addLine(
      XYChart chart,
      String name,
      Color color,
      List<CurvePoint> points,
      ToDoubleFunction<CurvePoint> shown) {
    double[] x = points.stream().mapToDouble(CurvePoint::examples).toArray();
    double[] y = points.stream().mapToDouble(shown).toArray();
    XYSeries line = chart.addSeries(name, x, y);
    line.setMarkerColor(color).setMarker(SeriesMarkers.CIRCLE);
    line.setLineColor(color).setLineStyle(new BasicStroke(2.5f));
  }
}
