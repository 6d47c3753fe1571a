package dev.reslora.pipeline.local;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
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

/** Draws a measure over a stream, a line for each that was judged. */
public final class CurveChart {

  static final int WIDTH = 1000;
  static final int HEIGHT = 560;
  private static final float WEIGHT = 2.5f;

  private CurveChart() {}

  /**
   * What tells a line from the others, in print and to the colour-blind too.
   *
   * @param color of line and markers
   * @param dashes lengths of line and gap in turn, in pixels; none: a whole line
   */
  public record Look(Color color, float... dashes) {

    /** What the reader is to look at. */
    public static final Look ADAPTED = new Look(new Color(0x1b7f5c));

    /** What does not learn. */
    public static final Look FROZEN = new Look(new Color(0x8a8f98));

    private BasicStroke stroke() {
      return dashes.length == 0
          ? new BasicStroke(WEIGHT)
          : new BasicStroke(WEIGHT, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0);
    }
  }

  /**
   * A line.
   *
   * @param name for the legend
   * @param examples of the stream, ascending; at least one
   * @param means of the measure, one for each of examples
   */
  public record Line(String name, Look look, double[] examples, double[] means) {}

  /**
   * Writes a PNG and an SVG file named for the measure: adapted, and frozen where it was judged.
   *
   * @param points at least one
   */
  public static void write(Path directory, Measure measure, String title, List<CurvePoint> points)
      throws IOException {
    List<Line> lines = new ArrayList<>();
    lines.add(line("adapted", Look.ADAPTED, points, CurvePoint::adapted));
    List<CurvePoint> judged = points.stream().filter(p -> p.baseline().isPresent()).toList();
    if (!judged.isEmpty()) {
      lines.add(line("frozen baseline", Look.FROZEN, judged, p -> p.baseline().orElseThrow()));
    }
    write(directory.resolve(measure.file()), measure, title, measure.axis(), lines);
  }

  /**
   * Writes a chart twice, as PNG and SVG.
   *
   * @param file without its ending
   * @param axis title of the ordinate
   */
  public static void write(Path file, Measure measure, String title, String axis, List<Line> lines)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    if (file.getParent() != null) {
      Files.createDirectories(file.getParent());
    }
    XYChart chart = chart(measure, title, axis, lines);
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapFormat.PNG);
    VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
  }

  private static XYChart chart(Measure measure, String title, String axis, List<Line> lines) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("examples of the stream")
            .yAxisTitle(axis)
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
    lines.forEach(line -> add(chart, measure, line));
    return chart;
  }

  private static void add(XYChart chart, Measure measure, Line line) {
    double[] shown = DoubleStream.of(line.means).map(measure::scaled).toArray();
    XYSeries series = chart.addSeries(line.name, line.examples, shown);
    series.setMarkerColor(line.look.color).setMarker(SeriesMarkers.CIRCLE);
    series.setLineColor(line.look.color).setLineStyle(line.look.stroke());
  }

  private static Line line(
      String name, Look look, List<CurvePoint> points, ToDoubleFunction<CurvePoint> mean) {
    double[] x = points.stream().mapToDouble(CurvePoint::examples).toArray();
    return new Line(name, look, x, points.stream().mapToDouble(mean).toArray());
  }
}
