package dev.reslora.pipeline.evaluate;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether an answer in a model's own words is right. Where a number is expected, the one after ####
 * counts, else the last one; 1,000, $1000 and 1000.00 are the same. Other answers are compared as
 * texts, without case, outer blanks and a full stop.
 */
final class Answers {

  private static final String MARK = "####";
  private static final Pattern NUMBER = Pattern.compile("-?\\$?(?:\\d[\\d,]*(?:\\.\\d+)?|\\.\\d+)");

  private Answers() {}

  static boolean right(String expected, String found) {
    String wanted = marked(expected);
    Optional<BigDecimal> number = number(wanted);
    if (number.isPresent() && NUMBER.matcher(wanted).replaceFirst("").isBlank()) {
      return number(marked(found)).filter(n -> n.compareTo(number.get()) == 0).isPresent();
    }
    return normal(wanted).equals(normal(marked(found)));
  }

  private static String marked(String text) {
    int mark = text.indexOf(MARK);
    return (mark < 0 ? text : text.substring(mark + MARK.length()).split("\n", 2)[0]).strip();
  }

  /** The last number of a text. */
  static Optional<BigDecimal> number(String text) {
    Matcher numbers = NUMBER.matcher(text);
    Optional<BigDecimal> last = Optional.empty();
    while (numbers.find()) {
      last = Optional.of(new BigDecimal(numbers.group().replaceAll("[$,]", "")));
    }
    return last;
  }

  private static String normal(String text) {
    String plain = text.strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);
    return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
  }
}
