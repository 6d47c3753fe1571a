package dev.reslora.operator;

import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.Trainer;
import java.io.Serializable;
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

  @Override
  void close();
}
