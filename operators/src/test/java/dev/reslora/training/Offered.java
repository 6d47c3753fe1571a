package dev.reslora.training;

import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Stepped;
import java.util.ArrayList;
import java.util.List;

/** Examples offered to an adapter, and what came of them. */
final class Offered {

  private Offered() {}

  static List<TrainingEvent> offer(AdapterTraining adapter, List<TokenizedExample> examples) {
    List<TrainingEvent> events = new ArrayList<>();
    examples.forEach(example -> events.addAll(adapter.offer(example)));
    return events;
  }

  static List<StepReport> reports(List<TrainingEvent> events) {
    return events.stream()
        .filter(Stepped.class::isInstance)
        .map(event -> ((Stepped) event).report())
        .toList();
  }
}
