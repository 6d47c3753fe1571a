package dev.reslora.pipeline.cli;

import dev.reslora.model.DType;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.snapshot.MergedDirectory;
import dev.reslora.snapshot.MergedDirectory.Written;
import dev.reslora.snapshot.Rounding;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.flink.configuration.MemorySize;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A version and its base model as one Hugging Face directory. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    description = {
      "Write a version merged into its base model: a Hugging Face directory that transformers and"
          + " model servers open without peft.",
      "The directory appears whole or not at all; one that is there already is not touched."
    })
final class SnapshotsMergeCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin SnapshotSource source;

  @Option(
      names = "--base",
      required = true,
      paramLabel = "DIR",
      description = "The base model that the adapter was trained on; its digest is checked.")
  Path base;

  @Option(
      names = "--to",
      paramLabel = "DIR",
      description = "Directory to make (default: <adapter>-v<version>-merged, here).")
  @Nullable Path to;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description =
          "float32 (default), bfloat16 or float16; what rounding loses is measured and said.")
  String dtype;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      defaultValue = "5gb",
      description = "Most bytes of a file with tensors, as 500mb (default: ${DEFAULT-VALUE}).")
  String maxShardSize;

  @Override
  public void run() {
    DType type = type();
    long shard = shardBytes();
    SnapshotSource.Found found = source.find();
    Path target = to == null ? Path.of(found.name() + "-merged") : to;
    Written written = write(found, target, type, shard);
    PrintWriter out = spec.commandLine().getOut();
    out.print(source.options.json ? json(target, written) : text(target, written));
    out.flush();
  }

  private Written write(SnapshotSource.Found found, Path target, DType type, long shardBytes) {
    try (Progress progress = Progress.on(spec.commandLine().getErr());
        HuggingFaceDirectory directory = HuggingFaceDirectory.open(base)) {
      return MergedDirectory.write(
          directory,
          found.files(),
          target,
          new MergedDirectory.Plan(
              found.name(),
              type,
              shardBytes,
              (done, total, what) -> progress.show(done, OptionalLong.of(total), what)));
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  private DType type() {
    return switch (dtype) {
      case "float32" -> DType.F32;
      case "bfloat16" -> DType.BF16;
      case "float16" -> DType.F16;
      default -> throw wrong("--dtype: expected float32, bfloat16 or float16, found " + dtype);
    };
  }

  private long shardBytes() {
    try {
      long bytes = MemorySize.parse(maxShardSize).getBytes();
      if (bytes > 0) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw wrong("--max-shard-size: expected a size as 500mb, found " + maxShardSize);
    }
    throw wrong("--max-shard-size: expected more than 0, found " + maxShardSize);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private String text(Path target, Written written) {
    Rounding rounding = written.rounding();
    String loss =
        dtype.equals("float32")
            ? "nothing"
            : String.format(
                Locale.ROOT,
                "%.2e of the weights' norm, %.2e of what the adapter changed; at most %.2e",
                rounding.weights(),
                rounding.change(),
                rounding.largest());
    return """
        %s
          opens as    %s%s
          tensors     %s of %s in %d file%s
          rounding    %s
        """
        .formatted(
            target,
            written.architecture(),
            written.classifier()
                ? ", with the classifier"
                : "; a classifier lies beside it where there is one (head.json)",
            SnapshotsShowCommand.size(written.bytes()),
            dtype,
            written.shards(),
            written.shards() == 1 ? "" : "s",
            loss);
  }

  private static String json(Path target, Written written) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("directory", target.toString());
    json.put("architecture", written.architecture());
    json.put("classifier", written.classifier());
    json.put("shards", written.shards());
    json.put("bytes", written.bytes());
    json.put("rounding", written.rounding());
    return Json.text(json) + System.lineSeparator();
  }
}
