package dev.reslora.pipeline.cli;

import dev.reslora.nn.TorchFacts;
import dev.reslora.reslora.GoldenCases;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether this machine trains as it should: Java, engine, devices, threads, golden cases. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Says whether this machine trains as it should: Java, native engine, devices, threads; runs"
          + " golden cases (forward, backward, dropout, merges, AdamW) through the code that trains.",
      "Run it on new hardware and drivers. Exits 1 if any case leaves its tolerance."
    })
final class DoctorCommand implements Callable<Integer> {

  @Spec CommandSpec spec;

  @Option(
      names = "--cases",
      paramLabel = "DIR",
      description = "Golden cases: manifest.json and the files it names (default: the project's).")
  @Nullable Path cases;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "Where to run them: cpu, or cuda:0, cuda:1, ... (default: ${DEFAULT-VALUE}).")
  String device;

  @Option(names = "--json", description = "Answer with a JSON object.")
  boolean json;

  /** What was found; the object that --json prints. */
  record Findings(boolean passed, TorchFacts engine, List<GoldenCases.Group> groups) {}

  @Override
  public Integer call() {
    Findings findings = examine();
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? Json.text(findings) : text(findings));
    out.flush();
    return findings.passed ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  private Findings examine() {
    Path directory = cases == null ? shippedCases() : cases;
    try {
      List<GoldenCases.Group> groups = GoldenCases.run(directory, device);
      boolean passed = groups.stream().allMatch(group -> group.failures().isEmpty());
      return new Findings(passed, TorchFacts.of(device), groups);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static Path shippedCases() {
    Path home = ProjectHome.path();
    Path directory = home.resolve("operators/src/test/resources/golden");
    if (!Files.isDirectory(directory)) {
      throw new CommandFailure(
          "there are no golden cases at " + directory + "; name some: --cases DIR");
    }
    return directory;
  }

  private static String text(Findings findings) {
    TorchFacts engine = findings.engine;
    TextTable table = new TextTable("golden cases", "cases", "worst share of tolerance", "where");
    for (GoldenCases.Group group : findings.groups) {
      table.add(
          group.name(),
          group.cases(),
          String.format(Locale.ROOT, "%.3f", group.worst()),
          group.where());
    }
    StringBuilder text = new StringBuilder();
    text.append("Java     ").append(engine.java()).append('\n');
    text.append("engine   ").append(engine.engine()).append('\n');
    text.append("device   ").append(engine.device()).append('\n');
    text.append("threads  ").append(engine.threads()).append('\n');
    text.append("bfloat16 ").append(engine.bfloat16()).append('\n').append('\n').append(table);
    findings.groups.stream()
        .flatMap(group -> group.failures().stream())
        .forEach(failure -> text.append("failed: ").append(failure).append('\n'));
    return text.append(findings.passed ? "all within tolerance" : "FAILED").toString();
  }
}
