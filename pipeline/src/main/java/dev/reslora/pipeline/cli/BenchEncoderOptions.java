package dev.reslora.pipeline.cli;

import dev.reslora.training.Pooling;
import picocli.CommandLine.Option;

/** What every bench command takes whose encoder may be pooled either way. */
class BenchEncoderOptions extends BenchModelOptions {

  @Option(
      names = "--pooling",
      defaultValue = "mean",
      description = "What is classified: mean (default) or cls.")
  Pooling pooling;
}
