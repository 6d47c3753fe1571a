package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * State of the Union addresses, public domain, shipped with the project: which of the two parties
 * speaks? Both parties speak in every period, but what sets them apart changes from the Civil War
 * to today, so a model that stops learning falls back to guessing.
 *
 * <p>Passages of about 60 to 100 words from the first 8 kB of each address since 1856, in periods
 * of 24 years (six terms), shuffled within a period by digest: in the order of the years the party
 * of the passage before would give the answer away (repeating it is right for 55 % here).
 */
final class SpeechStream {

  private static final String RESOURCE = "sotu.jsonl.gz";

  /** The first address that is shipped. */
  static final int FIRST_ADDRESS = 1790;

  private static final int FIRST_YEAR = 1856;
  private static final int PERIOD_YEARS = 24;
  private static final int PASSAGE_WORDS = 60;
  private static final int LONGEST_PASSAGE_WORDS = 100;
  private static final Set<String> PARTIES = Set.of("Democratic", "Republican");
  private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?;])\\s+");
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final ObjectMapper JSON = new ObjectMapper();

  private SpeechStream() {}

  static LabeledStream open(String adapterId) throws IOException {
    List<Passage> passages = new ArrayList<>();
    try (BufferedReader lines = resource()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode speech = JSON.readTree(line);
        int year = speech.path("year").asInt();
        String party = speech.path("party").asText();
        if (year >= FIRST_YEAR && PARTIES.contains(party)) {
          cut(speech.path("text").asText())
              .forEach(text -> passages.add(passage(year, party, text)));
        }
      }
    }
    passages.sort(Comparator.comparingInt(Passage::period).thenComparing(Passage::digest));
    return new ListedStream(
        "State of the Union addresses since 1856, which party speaks",
        passages.stream().map(passage -> passage.example(adapterId)).toList());
  }

  /**
   * Those from a year on, in the order of the years, a passage after the other, without the party.
   */
  static LabeledStream texts(String adapterId, int firstYear) throws IOException {
    List<LabeledExample> texts = new ArrayList<>();
    try (BufferedReader lines = resource()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode speech = JSON.readTree(line);
        int year = speech.path("year").asInt();
        if (year >= firstYear) {
          for (String text : cut(speech.path("text").asText())) {
            texts.add(passage(year, "", text).example(adapterId));
          }
        }
      }
    }
    texts.sort(Comparator.comparing(LabeledExample::eventTime));
    return new ListedStream(
        "State of the Union addresses from " + firstYear + " on, as texts", texts);
  }

  private static BufferedReader resource() throws IOException {
    InputStream in = SpeechStream.class.getResourceAsStream(RESOURCE);
    if (in == null) {
      throw new IOException(RESOURCE + " is missing from the class path");
    }
    return new BufferedReader(
        new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
  }

  /** Whole sentences until there are words enough; what is left at the end is dropped. */
  static List<String> cut(String text) {
    List<String> passages = new ArrayList<>();
    List<String> words = new ArrayList<>();
    for (String sentence : SENTENCE_END.split(text, -1)) {
      words.addAll(List.of(SPACE.split(sentence.strip(), -1)));
      if (words.size() >= PASSAGE_WORDS) {
        passages.add(
            String.join(" ", words.subList(0, Math.min(words.size(), LONGEST_PASSAGE_WORDS))));
        words.clear();
      }
    }
    return passages;
  }

  private static Passage passage(int year, String party, String text) {
    return new Passage(year, party, text, Md5.hex(text));
  }

  private record Passage(int year, String party, String text, String digest) {

    int period() {
      return (year - FIRST_YEAR) / PERIOD_YEARS;
    }

    LabeledExample example(String adapterId) {
      Instant time = LocalDate.of(year, 1, 1).atStartOfDay(ZoneOffset.UTC).toInstant();
      return new LabeledExample(adapterId, year + "-" + digest.substring(0, 12), time, text, party);
    }
  }
}
