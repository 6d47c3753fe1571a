package dev.reslora.pipeline.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/** One JSON object a line; empty lines are passed over. */
final class JsonLinesStream implements LabeledStream {

  private static final int LONGEST_LINE = 16 << 20;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final ExampleFields fields;
  private final boolean skipBad;
  private final BoundedLines lines;
  private long skipped;

  JsonLinesStream(ExampleFields fields, boolean skipBad) throws IOException {
    this.fields = fields;
    this.skipBad = skipBad;
    this.lines = new BoundedLines(Files.newBufferedReader(fields.file()), LONGEST_LINE);
  }

  @Override
  public String description() {
    return fields.file().toString();
  }

  @Override
  public long skipped() {
    return skipped;
  }

  @Override
  public @Nullable LabeledExample next() throws IOException {
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (line.isBlank()) {
        continue;
      }
      try {
        return parse(line);
      } catch (MalformedLineException e) {
        if (!skipBad) {
          throw e;
        }
        skipped++;
      }
    }
    return null;
  }

  private LabeledExample parse(String line) throws MalformedLineException {
    if (lines.wasCut()) {
      throw fault("longer than " + LONGEST_LINE + " characters", null);
    }
    try {
      return fields.read(JSON.readTree(line), lines.number());
    } catch (JsonProcessingException e) {
      throw fault("expected a JSON object, found " + what(e), e);
    }
  }

  /** Without where in the parser's own source it began: the line is named. */
  private static String what(JsonProcessingException e) {
    return e.getOriginalMessage().replaceFirst(" \\(start marker at .*", "");
  }

  private MalformedLineException fault(String message, @Nullable Throwable cause) {
    return new MalformedLineException(description(), lines.number(), message, cause);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
