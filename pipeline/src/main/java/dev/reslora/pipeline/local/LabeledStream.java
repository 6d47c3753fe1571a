package dev.reslora.pipeline.local;

import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Labelled texts in the order in which they are to be learned. */
public interface LabeledStream extends AutoCloseable {

  /** What it is, for a person. */
  String description();

  /** How many examples there are, where that is known beforehand. */
  default OptionalLong size() {
    return OptionalLong.empty();
  }

  /** Lines passed over so far because they could not be read. */
  default long skipped() {
    return 0;
  }

  /** The next example, null at the end. */
  @Nullable LabeledExample next() throws IOException;

  @Override
  default void close() throws IOException {}
}
