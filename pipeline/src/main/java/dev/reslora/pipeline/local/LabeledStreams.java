package dev.reslora.pipeline.local;

import dev.reslora.pipeline.local.ExampleFields.Form;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The streams by the names that commands take. */
public final class LabeledStreams {

  public static final String MAIL = "mail";
  public static final String SPEECHES = "sotu";

  private LabeledStreams() {}

  /**
   * Opens a stream.
   *
   * @param source {@value #MAIL}, {@value #SPEECHES}, or a file ending in .csv, .jsonl or .json
   * @param adapterId for what names no adapter itself; may be null for a file that does
   * @param skipBad pass over and count bad lines of a file instead of failing at the first
   */
  public static LabeledStream open(String source, @Nullable String adapterId, boolean skipBad)
      throws IOException {
    return switch (source) {
      case MAIL -> MailStream.open(needed(adapterId, source), CacheDirectory.path());
      case SPEECHES -> SpeechStream.open(needed(adapterId, source));
      default -> file(Path.of(source), adapterId, skipBad, Form.LABELED);
    };
  }

  /**
   * Opens a file whose texts and labels may come apart.
   *
   * @param source a file ending in .csv, .jsonl or .json
   * @param adapterId for what names no adapter itself; may be null for a file that does
   * @param skipBad pass over and count bad lines of a file instead of failing at the first
   */
  public static LabeledStream apart(String source, @Nullable String adapterId, boolean skipBad)
      throws IOException {
    return file(Path.of(source), adapterId, skipBad, Form.APART);
  }

  /**
   * Opens a stream of texts, or prompts with their completions, for a language model.
   *
   * @param source {@value #SPEECHES}, or a file ending in .csv, .jsonl or .json
   * @param adapterId for what names no adapter itself; may be null for a file that does
   * @param skipBad pass over and count bad lines of a file instead of failing at the first
   */
  public static LabeledStream texts(String source, @Nullable String adapterId, boolean skipBad)
      throws IOException {
    return source.equals(SPEECHES)
        ? SpeechStream.texts(needed(adapterId, source), SpeechStream.FIRST_ADDRESS)
        : file(Path.of(source), adapterId, skipBad, Form.LANGUAGE);
  }

  private static String needed(@Nullable String adapterId, String source) {
    if (adapterId == null) {
      throw new IllegalArgumentException("the stream '" + source + "' needs an adapter id");
    }
    return adapterId;
  }

  private static LabeledStream file(
      Path file, @Nullable String adapterId, boolean skipBad, Form form) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "expected mail, sotu or a file, found '%s', which is no file".formatted(file));
    }
    ExampleFields fields =
        new ExampleFields(file, adapterId, Files.getLastModifiedTime(file).toInstant(), form);
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".csv")
        ? new CsvStream(fields, skipBad)
        : new JsonLinesStream(fields, skipBad);
  }
}
