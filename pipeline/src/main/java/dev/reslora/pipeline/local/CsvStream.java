package dev.reslora.pipeline.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/**
 * Comma-separated values under a header line that names the fields. Rows whose fields are wrong can
 * be skipped; where quotes or columns do not add up nothing after it can be trusted.
 */
final class CsvStream implements LabeledStream {

  private final ExampleFields fields;
  private final boolean skipBad;
  private final MappingIterator<JsonNode> rows;
  private long skipped;

  CsvStream(ExampleFields fields, boolean skipBad) throws IOException {
    this.fields = fields;
    this.skipBad = skipBad;
    this.rows =
        CsvMapper.builder()
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .build()
            .readerFor(JsonNode.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(Files.newBufferedReader(fields.file()));
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
    while (true) {
      // Where the row begins, which may be several lines before where it ends.
      try {
        if (!rows.hasNextValue()) {
          return null;
        }
        long line = rows.getCurrentLocation().getLineNr();
        return fields.read(rows.nextValue(), line);
      } catch (MalformedLineException e) {
        if (!skipBad) {
          throw e;
        }
        skipped++;
      } catch (JsonProcessingException | RuntimeJsonMappingException e) {
        throw unreadable(e);
      }
    }
  }

  private MalformedLineException unreadable(Exception e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return new MalformedLineException(
        description(),
        rows.getCurrentLocation().getLineNr(),
        "expected as many values as the header has, quotes closed; found " + message,
        e);
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
