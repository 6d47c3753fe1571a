package dev.reslora.operator;

import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterTraining;
import dev.reslora.training.TrainingEvent;
import java.util.List;
import java.util.SortedMap;

/**
 * One live adapter as the train stage sees it; {@link AdapterTraining} in a job. What it does is a
 * function of what it is offered, in order.
 */
interface AdapterSession extends AutoCloseable {

  List<TrainingEvent> offer(TokenizedExample example);

  /** Takes the label of a text that was offered before. */
  List<TrainingEvent> offer(LateLabel label);

  /** Does what a command says, and answers. */
  List<TrainingEvent> obey(AdapterControl control);

  /** Tokens of a micro-batch that waits for {@link AdapterSessions#trainTogether}; 0: none does. */
  long dueTokens();

  /** Whether a checkpoint would differ from the last one. */
  boolean changed();

  /** The whole state, by name; {@link #changed} is false after. */
  SortedMap<String, byte[]> checkpoint();

  /** Native bytes held. */
  long bytes();

  /** Bytes of Java heap held, by estimate. */
  long heapBytes();

  @Override
  void close();
}
