package dev.reslora.pipeline;

import dev.reslora.operator.JobMetric;

/** The job's metrics as Markdown; {@code deploy/docs/metrics.md} is what this prints. */
public final class MetricsTable {

  private static final String HEAD =
      """
      # Metrics

      Printed by `deploy/reslora metrics`. Every training subtask reports these through Flink's metric
      reporters, beside [Flink's own](https://nightlies.apache.org/flink/flink-docs-stable/docs/ops/metrics/).
      The names are stable. The Prometheus reporter adds labels to each: `job_name`, `operator_name`,
      `subtask_index`, `tm_id`, `host`; it shows histograms as summaries and all other kinds as gauges.
      Counters start at 0 with each start of the job.

      Adapters have metrics of their own up to `reslora.metrics.adapters` in each subtask, the first that
      it meets; the totals count all. What every step of every adapter gave is on the metrics topic.
      """;

  private MetricsTable() {}

  /** The whole page. */
  public static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    JobMetric.Scope scope = null;
    for (JobMetric metric : JobMetric.values()) {
      if (metric.scope() != scope) {
        scope = metric.scope();
        page.append(heading(scope));
      }
      page.append(
          "| `%s` | `%s` | %s | %s |\n"
              .formatted(
                  metric.flinkName(),
                  metric.prometheusName(),
                  metric.kind().label(),
                  metric.meaning()));
    }
    return page.toString();
  }

  private static String heading(JobMetric.Scope scope) {
    String by = scope.label().isEmpty() ? "" : ", by " + scope.label();
    return "\n## Operator %s%s\n\n| in Flink | in Prometheus | kind | meaning |\n|---|---|---|---|\n"
        .formatted(scope.operators(), by);
  }
}
