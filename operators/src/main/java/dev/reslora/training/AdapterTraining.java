package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import java.util.List;
import java.util.SortedMap;

/**
 * One adapter that learns: its live tensors, unfinished batch, ledger and recent past. A function
 * of the examples and commands offered, in order; nothing else. Owner of its native memory.
 */
public final class AdapterTraining implements AutoCloseable {

  AdapterTraining() {}

  /** Takes an example; trains when that closes a micro-batch. */
  public List<TrainingEvent> offer(TokenizedExample example) {
    throw new UnsupportedOperationException("to come: " + example);
  }

  /** Publishes now, whatever the schedule says; the unfinished batch stays unfinished. */
  public List<TrainingEvent> publish(String commandId) {
    throw new UnsupportedOperationException("to come: " + commandId);
  }

  /** Refuses examples from here on, or takes them again. */
  public void pause(boolean paused) {
    throw new UnsupportedOperationException("to come: " + paused);
  }

  /** Whether anything changed since it was made, restored or last checkpointed. */
  public boolean changed() {
    throw new UnsupportedOperationException();
  }

  /** The whole state, by name, each entry at most 4 MiB; {@link #changed} is false after. */
  public SortedMap<String, byte[]> checkpoint() {
    throw new UnsupportedOperationException();
  }

  /** Native bytes held. */
  public long bytes() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
