package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;

/** Lines of a file, none of them held longer than a limit. */
final class BoundedLines implements AutoCloseable {

  private final Reader reader;
  private final int longest;
  private long number;
  private boolean cut;

  /**
   * Reads on from where the reader is.
   *
   * @param reader buffered
   * @param longest most characters of a line that are kept
   */
  BoundedLines(Reader reader, int longest) {
    this.reader = reader;
    this.longest = longest;
  }

  /** The next line without its end, cut to the limit; null at the end of the file. */
  @Nullable String next() throws IOException {
    int c = reader.read();
    if (c < 0) {
      return null;
    }
    number++;
    cut = false;
    StringBuilder line = new StringBuilder();
    for (; c >= 0 && c != '\n'; c = reader.read()) {
      if (line.length() < longest) {
        line.append((char) c);
      } else {
        cut = true;
      }
    }
    if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
      line.setLength(line.length() - 1);
    }
    return line.toString();
  }

  /** Number of the line last read, from 1. */
  long number() {
    return number;
  }

  /** Whether the line last read was longer than the limit. */
  boolean wasCut() {
    return cut;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
