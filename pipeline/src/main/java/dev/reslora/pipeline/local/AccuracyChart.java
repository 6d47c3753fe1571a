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
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws both curves, adapted and frozen, over the stream. */
public final class AccuracyChart {

  static final int WIDTH = 1000;
  static final int HEIGHT = 560;
  private static final Color ADAPTED = new Color(0x1b7f5c);
  private static final Color FROZEN = new Color(0x8a8f98);

  private AccuracyChart() {}

  /**
   * Writes accuracy.png and accuracy.svg.
   *
   * @param points at least one
   */
  public static void write(Path directory, String title, List<AccuracyPoint> points)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    Files.createDirectories(directory);
    XYChart chart = chart(title, points);
    BitmapEncoder.saveBitmap(chart, directory.resolve("accuracy.png").toString(), BitmapFormat.PNG);
    VectorGraphicsEncoder.saveVectorGraphic(
        chart, directory.resolve("accuracy.svg").toString(), VectorGraphicsFormat.SVG);
  }

  private static XYChart chart(String title, List<AccuracyPoint> points) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("examples of the stream")
            .yAxisTitle("accuracy, tested before trained (%)")
            .build();
    chart
        .getStyler()
        .setLegendPosition(LegendPosition.InsideSW)
        .setChartBackgroundColor(Color.WHITE)
        .setPlotBorderVisible(false)
        .setDecimalPattern("#,###");
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0).setXAxisMin(0.0);
    List<AccuracyPoint> judged = points.stream().filter(p -> p.baseline().isPresent()).toList();
    addLine(chart, "adapted", ADAPTED, points, AccuracyPoint::adapted);
    if (!judged.isEmpty()) {
      addLine(chart, "frozen baseline", FROZEN, judged, point -> point.baseline().orElseThrow());
    }
    return chart;
  }

  private static void addLine(
      XYChart chart,
      String name,
      Color color,
      List<AccuracyPoint> points,
      ToDoubleFunction<AccuracyPoint> share) {
    double[] x = points.stream().mapToDouble(AccuracyPoint::examples).toArray();
    double[] y = points.stream().mapToDouble(share).map(value -> 100 * value).toArray();
    XYSeries line = chart.addSeries(name, x, y);
    line.setMarkerColor(color).setMarker(SeriesMarkers.CIRCLE);
    line.setLineColor(color).setLineStyle(new BasicStroke(2.5f));
  }
}
