package dev.reslora.operator;

import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.Trainer;
import dev.reslora.training.TrainingEvent;
import java.io.Serializable;
import java.util.List;
import java.util.SortedMap;

/** Opens adapters for one training subtask; {@link Trainer} in a job. */
interface AdapterSessions extends AutoCloseable {

  /** What travels to the task managers. */
  interface Factory extends Serializable {

    /** Opens the base model on a device: cpu, or cuda:N. */
    AdapterSessions open(String device);
  }

  String baseModelName();

  String baseModelDigest();

  /** Native arrays of the whole process. */
  int arrays();

  /** An adapter that begins, with options of its own. */
  AdapterSession create(String adapterId, AdapterOverrides overrides);

  /** The adapter that wrote these sections. */
  AdapterSession restore(String adapterId, SortedMap<String, byte[]> sections);

  /**
   * Trains the micro-batches of adapters that are due, in one pass over the base model.
   *
   * @return what happened to each, in their order
   */
  List<List<TrainingEvent>> trainTogether(List<AdapterSession> due);

  @Override
  void close();
}
