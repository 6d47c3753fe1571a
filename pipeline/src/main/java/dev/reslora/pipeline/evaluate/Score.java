package dev.reslora.pipeline.evaluate;

/**
 * How many questions were answered right.
 *
 * @param open questions answered in the model's words
 * @param exact of these
 * @param choices questions with endings to choose from
 * @param likeliest of these, where the likeliest ending is right
 * @param likeliestPerCharacter of these, where the ending of the highest log-likelihood a character
 *     is
 */
public record Score(int open, int exact, int choices, int likeliest, int likeliestPerCharacter) {

  static final Score NONE = new Score(0, 0, 0, 0, 0);

  Score and(Score other) {
    return new Score(
        open + other.open,
        exact + other.exact,
        choices + other.choices,
        likeliest + other.likeliest,
        likeliestPerCharacter + other.likeliestPerCharacter);
  }
}
