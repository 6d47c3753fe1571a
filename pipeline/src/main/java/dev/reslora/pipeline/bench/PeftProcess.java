package dev.reslora.pipeline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.training.Precision;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Python peft loop in a process of its own, {@code deploy/bench/peft_step.py}, one step at a
 * time. Either side keeps still while the other works.
 */
final class PeftProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;

  /** What a step took by Python's own clock, and the mean loss before the update. */
  record Step(double seconds, double loss) {}

  private PeftProcess(Process process) {
    this.process = process;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts Python; nothing without one, and, after a word why, where it or its packages are not
   * there.
   *
   * @param adapters of each model
   * @param precisions a model each
   */
  static @Nullable PeftProcess start(
      @Nullable Python python,
      BenchPlan plan,
      int adapters,
      List<Precision> precisions,
      Consumer<String> words)
      throws IOException {
    if (python == null) {
      return null;
    }
    Path script = python.home().resolve("deploy").resolve("bench").resolve("peft_step.py");
    ProcessBuilder builder = new ProcessBuilder(python.command(), script.toString());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(plan.threads()));
    PeftProcess peft;
    try {
      peft = new PeftProcess(builder.start());
    } catch (IOException e) {
      words.accept("without Python: " + e.getMessage());
      return null;
    }
    try {
      JsonNode answer = peft.ask(request(plan, adapters, precisions));
      if (answer.has("missing")) {
        words.accept("without Python: " + answer.get("missing").asText());
        peft.close();
        return null;
      }
      words.accept("against " + answer.path("versions").asText());
      return peft;
    } catch (IOException e) {
      peft.close();
      throw e;
    }
  }

  private static Map<String, Object> request(
      BenchPlan plan, int adapters, List<Precision> precisions) {
    return Map.ofEntries(
        Map.entry("model", plan.model().toString()),
        Map.entry("language", plan.language()),
        Map.entry("targets", plan.targetModules()),
        Map.entry("rank", BenchPlan.RANK),
        Map.entry("alpha", BenchPlan.ALPHA),
        Map.entry("labels", plan.labels()),
        Map.entry("pooling", plan.pooling()),
        Map.entry("threads", plan.threads()),
        Map.entry("learning_rate", BenchPlan.LEARNING_RATE),
        Map.entry("adapters", adapters),
        Map.entry("precisions", precisions.stream().map(Precision::label).toList()));
  }

  Step step(Precision precision, int adapter, TokenBatch batch) throws IOException {
    JsonNode answer = ask(request("step", precision, adapter, batch));
    return new Step(answer.path("seconds").asDouble(), answer.path("loss").asDouble());
  }

  /** Bytes by which the process's peak rises above what it holds before a step. */
  long peak(Precision precision, TokenBatch batch) throws IOException {
    return ask(request("peak", precision, 0, batch)).path("bytes").asLong();
  }

  private static Map<String, Object> request(
      String kind, Precision precision, int adapter, TokenBatch batch) {
    return Map.of(
        "kind",
        kind,
        "precision",
        precision.label(),
        "adapter",
        adapter,
        "ids",
        batch.ids(),
        "labels",
        batch.labels());
  }

  private JsonNode ask(Map<String, Object> request) throws IOException {
    requests.write(JSON.writeValueAsString(request));
    requests.newLine();
    requests.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the Python process ended; what it said is above");
    }
    return JSON.readTree(answer);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
