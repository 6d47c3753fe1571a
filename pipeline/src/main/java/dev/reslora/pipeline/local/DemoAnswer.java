package dev.reslora.pipeline.local;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the newest version made of a text that nobody had learned from. */
public sealed interface DemoAnswer {

  /** For a person. */
  List<String> lines();

  /** For a program. */
  Map<String, String> fields();

  /**
   * A class.
   *
   * @param text the text
   * @param label its class
   * @param answer the class predicted
   */
  record Label(String text, String label, String answer) implements DemoAnswer {

    private static final int TEXT_SHOWN = 64;

    @Override
    public List<String> lines() {
      String shown = text.length() > TEXT_SHOWN ? text.substring(0, TEXT_SHOWN - 3) + "..." : text;
      String verdict = answer.equals(label) ? "right" : "wrong, it is " + label;
      return List.of(
          String.format(Locale.ROOT, "%-" + TEXT_SHOWN + "s  %s (%s)", shown, answer, verdict));
    }

    @Override
    public Map<String, String> fields() {
      return Map.of("text", text, "label", label, "answer", answer);
    }
  }

  /**
   * What a text was gone on with.
   *
   * @param prompt the text's first words
   * @param frozen by the base model without adapter
   * @param adapted by the newest version
   */
  record Completion(String prompt, String frozen, String adapted) implements DemoAnswer {

    @Override
    public List<String> lines() {
      return List.of(
          prompt + " ...", "  frozen   ..." + line(frozen), "  adapted  ..." + line(adapted));
    }

    private static String line(String text) {
      return text.replaceAll("\\s+", " ");
    }

    @Override
    public Map<String, String> fields() {
      return Map.of("prompt", prompt, "frozen", frozen, "adapted", adapted);
    }
  }
}
