package dev.reslora.pipeline.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The fields of a data set's lines, as published. A question becomes a prompt by a pattern, in
 * which {@value #PLACE} stands for it; prompts and endings otherwise as lm-evaluation-harness makes
 * them.
 */
public enum QuestionFormat {

  /**
   * {@code question} and {@code answer}, or {@code question}, {@code choices} and {@code label}.
   */
  PLAIN {
    @Override
    Question read(JsonNode line, String pattern) {
      String prompt = asked(pattern, text(line, "question"));
      if (!line.has("choices")) {
        return new Question.Open(prompt, text(line, "answer"));
      }
      return choice(prompt, texts(line.path("choices")), number(line, "label"));
    }
  },

  /** GSM8K: {@code question}, and {@code answer} with the number after ####. */
  GSM8K {
    @Override
    Question read(JsonNode line, String pattern) {
      return new Question.Open(asked(pattern, text(line, "question")), text(line, "answer"));
    }
  },

  /** SVAMP: {@code Body}, {@code Question} and the number in {@code Answer}. */
  SVAMP {
    @Override
    Question read(JsonNode line, String pattern) {
      String body = text(line, "Body").strip();
      String question = (body.endsWith(".") ? body : body + ".") + " " + text(line, "Question");
      return new Question.Open(asked(pattern, question), text(line, "Answer"));
    }
  },

  /** MathQA: {@code Problem}, {@code options} in one text, {@code correct} one of a to e. */
  MATHQA {
    @Override
    Question read(JsonNode line, String pattern) {
      List<String> endings = new ArrayList<>();
      Matcher options = OPTION.matcher(text(line, "options"));
      while (options.find()) {
        endings.add(options.group(1).strip());
      }
      String correct = text(line, "correct").strip();
      int right = correct.length() == 1 ? correct.charAt(0) - 'a' : -1;
      return choice(asked(pattern, text(line, "Problem")), endings, right);
    }
  },

  /**
   * HellaSwag: {@code activity_label}, {@code ctx_a}, {@code ctx_b}, {@code endings}, {@code
   * label}.
   */
  HELLASWAG {
    @Override
    Question read(JsonNode line, String pattern) {
      String b = line.path("ctx_b").asText();
      String capital = b.isEmpty() ? b : b.substring(0, 1).toUpperCase(Locale.ROOT) + lower(b);
      String context = text(line, "activity_label") + ": " + text(line, "ctx_a") + " " + capital;
      return choice(
          tidy(context),
          texts(line.path("endings")).stream().map(QuestionFormat::tidy).toList(),
          number(line, "label"));
    }
  };

  /** Stands for the question in a prompt's pattern. */
  public static final String PLACE = "{question}";

  private static final Pattern OPTION =
      Pattern.compile("[a-e] ?\\) ?(.*?) ?(?:, (?=[a-e] ?\\))|$)");

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException naming the field that is not as expected
   */
  abstract Question read(JsonNode line, String pattern);

  private static String lower(String text) {
    return text.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String asked(String pattern, String question) {
    return pattern.replace(PLACE, question.strip());
  }

  /** Of WikiHow's marks: titles end a sentence, others go. */
  private static String tidy(String text) {
    return text.strip().replace(" [title]", ". ").replaceAll("\\[.*?\\]", "").replace("  ", " ");
  }

  private static Question choice(String prompt, List<String> endings, int right) {
    if (endings.size() < 2 || endings.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("expected two choices or more, found " + endings);
    }
    if (right < 0 || right >= endings.size()) {
      throw new IllegalArgumentException(
          "the right choice: expected one of " + endings.size() + ", found number " + right);
    }
    return new Question.Choice(prompt, endings, right);
  }

  private static String text(JsonNode line, String field) {
    JsonNode value = line.path(field);
    if (!value.isValueNode() || value.isNull() || value.asText().isBlank()) {
      throw new IllegalArgumentException("expected a text in '" + field + "'");
    }
    return value.asText();
  }

  /** A number, or a text that is one. */
  private static int number(JsonNode line, String field) {
    String value = text(line, field).strip();
    if (!value.matches("\\d{1,4}")) {
      throw new IllegalArgumentException(
          "expected a choice's number in '" + field + "', found " + value);
    }
    return Integer.parseInt(value);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
