package dev.reslora.operator;

import dev.reslora.model.ModelFileException;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.text.ExampleEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * The tokenize stage: examples become tokens, a long text several examples, labels that come later
 * and commands pass, all in their order. What cannot be trained on leaves by {@link
 * RejectedRecords#OUTPUT}.
 */
public final class TokenizeFunction extends ProcessFunction<DecodedRecord, TrainingInput> {

  private static final long serialVersionUID = 1L;

  private final TokenizePlan plan;
  private final Set<String> adapters;
  private transient @Nullable RejectedRecords rejected;
  private transient @Nullable ExampleEncoder encoder;
  private transient @Nullable RejectionCounters counters;

  public TokenizeFunction(TokenizePlan plan) {
    this.plan = plan;
    this.adapters = Set.copyOf(plan.adapters());
  }

  @Override
  public void open(OpenContext context) throws IOException {
    rejected = new RejectedRecords(plan.deadLetterBytes());
    encoder = openEncoder();
    counters = new RejectionCounters(getRuntimeContext().getMetricGroup());
  }

  private ExampleEncoder openEncoder() throws IOException {
    try {
      return ExampleEncoder.open(Path.of(plan.modelDirectory()), plan.maxTokens(), plan.tooLong());
    } catch (IllegalArgumentException | ModelFileException e) {
      // A model that does not fit is the same at the next attempt.
      throw new SuppressRestartsException(e);
    }
  }

  @Override
  public void processElement(DecodedRecord record, Context context, Collector<TrainingInput> out) {
    try {
      encode(record).forEach(out::collect);
    } catch (RejectedException fault) {
      Objects.requireNonNull(counters, "not open").count(fault.reason());
      context.output(
          RejectedRecords.OUTPUT,
          Objects.requireNonNull(rejected, "not open").tokenize(record, fault));
    }
  }

  private List<TrainingInput> encode(DecodedRecord record) throws RejectedException {
    Origin origin = record.origin();
    AdapterControl control = record.control();
    if (control != null) {
      admit(control.getAdapterId());
      return List.of(TrainingInput.of(origin, control));
    }
    TrainingExample example = Objects.requireNonNull(record.example(), "routed before");
    admit(example.getAdapterId());
    ExampleEncoder encoder = Objects.requireNonNull(this.encoder, "not open");
    if (example.getPayload() instanceof LaterLabel later) {
      return List.of(
          TrainingInput.of(
              encoder.encodeLabel(
                  example, later, origin.topic(), origin.partition(), origin.offset())));
    }
    plan.filter().check(example.getPayload());
    return encoder.encode(example, origin.topic(), origin.partition(), origin.offset()).stream()
        .map(TrainingInput::of)
        .toList();
  }

  private void admit(String adapterId) throws RejectedException {
    if (!adapters.isEmpty() && !adapters.contains(adapterId)) {
      throw new RejectedException(
          RejectionReason.UNKNOWN_ADAPTER,
          "adapterId: expected one of the "
              + adapters.size()
              + " that may train, found "
              + adapterId);
    }
  }

  @Override
  public void close() {
    if (encoder != null) {
      encoder.close();
      encoder = null;
    }
  }
}
