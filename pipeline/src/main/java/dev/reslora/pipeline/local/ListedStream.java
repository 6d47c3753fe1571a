package dev.reslora.pipeline.local;

import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A stream held in memory. */
final class ListedStream implements LabeledStream {

  private final String description;
  private final int size;
  private final Iterator<LabeledExample> examples;

  ListedStream(String description, List<LabeledExample> examples) {
    this.description = description;
    this.size = examples.size();
    this.examples = examples.iterator();
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(size);
  }

  @Override
  public @Nullable LabeledExample next() {
    return examples.hasNext() ? examples.next() : null;
  }
}
