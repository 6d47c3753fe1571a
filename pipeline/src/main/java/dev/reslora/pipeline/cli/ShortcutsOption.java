package dev.reslora.pipeline.cli;

import dev.reslora.reslora.Shortcut;
import java.util.List;
import picocli.CommandLine.Option;

/** Which shortcuts a bench command measures, one after the other. */
final class ShortcutsOption {

  @Option(
      names = "--shortcut",
      paramLabel = "SHORTCUT",
      defaultValue = "all",
      description = "none (plain LoRA), input, block, middle or all (default).")
  String shortcut;

  List<Shortcut> chosen(BenchOptions options) {
    return options.choices("--shortcut", shortcut, Shortcut.values(), Shortcut::label);
  }
}
