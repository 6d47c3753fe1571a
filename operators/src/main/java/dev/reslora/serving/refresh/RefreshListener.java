package dev.reslora.serving.refresh;

import dev.reslora.schema.avro.RefreshReport;

/** Told of every attempt and of what came of it, on the agent's thread. */
public interface RefreshListener {
  void reported(RefreshReport report);
}
