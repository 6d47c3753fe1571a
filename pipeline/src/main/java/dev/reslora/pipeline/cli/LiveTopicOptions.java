package dev.reslora.pipeline.cli;

import picocli.CommandLine.Option;

/** The topics of the live page beside the serving topic. */
final class LiveTopicOptions {

  @Option(
      names = "--metrics",
      paramLabel = "TOPIC",
      defaultValue = "training-metrics",
      description = "Topic of step reports, for the live page (default: ${DEFAULT-VALUE}).")
  String metrics;

  @Option(
      names = "--rejected",
      paramLabel = "TOPIC",
      defaultValue = "training-rejected",
      description = "Dead-letter topic, for the live page (default: ${DEFAULT-VALUE}).")
  String rejected;
}
