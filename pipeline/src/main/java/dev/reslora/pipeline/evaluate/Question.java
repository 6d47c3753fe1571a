package dev.reslora.pipeline.evaluate;

import java.util.List;

/** A question and what is right. */
public sealed interface Question {

  /** What the model goes on with. */
  String prompt();

  /**
   * Answered in the model's own words.
   *
   * @param answer the right one; after #### where that is in it
   */
  record Open(String prompt, String answer) implements Question {}

  /**
   * Answered by the likeliest of some endings.
   *
   * @param endings without the space that is between them and the prompt
   * @param right which of them is
   */
  record Choice(String prompt, List<String> endings, int right) implements Question {}
}
