package dev.reslora.pipeline.local;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.stream.EntityState;
import org.apache.james.mime4j.stream.Field;
import org.apache.james.mime4j.stream.MimeConfig;
import org.apache.james.mime4j.stream.MimeTokenStream;

/**
 * What is read of a mail. Mail from the open net is often malformed; what can be read of it is.
 *
 * @param time arrival: of the top Received header, else the Date header
 * @param from the From header
 * @param subject the Subject header, unfolded
 * @param listId the List-Id header, empty without
 * @param body the first text part that has words, markup removed
 */
record Mail(Instant time, String from, String subject, String listId, String body) {

  private static final int LONGEST_BODY = 100_000;
  private static final Pattern MARKUP =
      Pattern.compile("(?is)<(style|script)\\b.*?</\\1>|<!--.*?-->|</?[a-z!][^>]*>");
  private static final Pattern COMMENT = Pattern.compile("\\([^)]*\\)");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  /** Empty when there is no time to be read. */
  static Optional<Mail> parse(byte[] bytes) {
    MimeTokenStream tokens =
        new MimeTokenStream(
            MimeConfig.custom()
                .setMaxLineLen(-1)
                .setMaxHeaderLen(100_000)
                .setMaxHeaderCount(1_000)
                .setMaxContentLen(bytes.length)
                .build());
    int start = afterEnvelope(bytes);
    tokens.parse(new ByteArrayInputStream(bytes, start, bytes.length - start));
    Map<String, String> headers = new HashMap<>();
    StringBuilder body = new StringBuilder();
    try {
      read(tokens, headers, body);
    } catch (IOException | MimeException e) {
      // Malformed from here on: what was read counts.
    }
    String date = headers.getOrDefault("date", "");
    String received = headers.getOrDefault("received", "");
    return time(received.substring(received.lastIndexOf(';') + 1))
        .or(() -> time(date))
        .map(
            time ->
                new Mail(
                    time,
                    headers.getOrDefault("from", ""),
                    headers.getOrDefault("subject", ""),
                    headers.getOrDefault("list-id", ""),
                    body.toString()));
  }

  /** The mailbox format's first line is not part of the mail. */
  private static int afterEnvelope(byte[] bytes) {
    if (bytes.length < 5 || bytes[0] != 'F' || bytes[4] != ' ') {
      return 0;
    }
    int i = 0;
    while (i < bytes.length && bytes[i] != '\n') {
      i++;
    }
    return Math.min(i + 1, bytes.length);
  }

  private static void read(MimeTokenStream tokens, Map<String, String> headers, StringBuilder body)
      throws IOException, MimeException {
    boolean inParts = false;
    for (EntityState state = tokens.getState();
        state != EntityState.T_END_OF_STREAM;
        state = tokens.next()) {
      if (state == EntityState.T_FIELD && !inParts) {
        Field field = tokens.getField();
        headers.putIfAbsent(
            field.getName().toLowerCase(Locale.ROOT),
            SPACE.matcher(field.getBody()).replaceAll(" ").strip());
      } else if (state == EntityState.T_START_MULTIPART) {
        inParts = true;
      } else if (state == EntityState.T_BODY && body.toString().isBlank()) {
        readText(tokens, body);
      }
    }
  }

  private static void readText(MimeTokenStream tokens, StringBuilder body) throws IOException {
    String type = tokens.getBodyDescriptor().getMimeType();
    if (!type.startsWith("text/")) {
      return;
    }
    String text = readAtMost(tokens);
    body.append(type.equals("text/html") ? MARKUP.matcher(text).replaceAll(" ") : text);
  }

  private static String readAtMost(MimeTokenStream tokens) throws IOException {
    char[] buffer = new char[LONGEST_BODY];
    int length = 0;
    try (Reader reader = reader(tokens)) {
      int count = reader.read(buffer);
      while (count > 0) {
        length += count;
        count = reader.read(buffer, length, buffer.length - length);
      }
    }
    return new String(buffer, 0, length);
  }

  /** Transfer encoding undone; Latin-1 where the mail names no character set or an unknown one. */
  private static Reader reader(MimeTokenStream tokens) {
    return new InputStreamReader(
        tokens.getDecodedInputStream(), MailCharset.of(tokens.getBodyDescriptor().getCharset()));
  }

  static Optional<Instant> time(String header) {
    String text = COMMENT.matcher(header).replaceAll(" ");
    text = SPACE.matcher(text).replaceAll(" ").strip();
    try {
      return Optional.of(
          OffsetDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
