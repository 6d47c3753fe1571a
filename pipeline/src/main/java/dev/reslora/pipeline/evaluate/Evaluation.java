package dev.reslora.pipeline.evaluate;

import dev.reslora.model.Sampling;
import dev.reslora.serving.Completions;
import dev.reslora.serving.ServedModel;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Asks questions of a model: open ones are answered greedily, of endings the likeliest is taken.
 *
 * @param maxTokens most tokens of an answer
 * @param stop an answer ends before this text
 */
public record Evaluation(int maxTokens, String stop) {

  /** Told after each question how many are done. */
  public interface Progress {
    void done(int questions);
  }

  /**
   * Asks all.
   *
   * @throws IllegalArgumentException when a question is longer than the model can take
   */
  public Score of(ServedModel.LoadedAdapter model, List<Question> questions, Progress progress) {
    Score score = Score.NONE;
    for (int i = 0; i < questions.size(); i++) {
      score = score.and(ask(model, questions.get(i)));
      progress.done(i + 1);
    }
    return score;
  }

  private Score ask(ServedModel.LoadedAdapter model, Question question) {
    if (question instanceof Question.Choice choice) {
      return choose(model, choice);
    }
    Question.Open open = (Question.Open) question;
    String text =
        model
            .complete(
                new Completions.Request(open.prompt(), maxTokens, Sampling.GREEDY), part -> {})
            .text();
    int end = stop.isEmpty() ? -1 : text.indexOf(stop);
    boolean right = Answers.right(open.answer(), end < 0 ? text : text.substring(0, end));
    return new Score(1, right ? 1 : 0, 0, 0, 0);
  }

  private static Score choose(ServedModel.LoadedAdapter model, Question.Choice choice) {
    List<String> endings = choice.endings().stream().map(ending -> " " + ending).toList();
    double[] likely = model.logLikelihoods(choice.prompt(), endings);
    int plain = best(likely.length, i -> likely[i]);
    int perCharacter = best(likely.length, i -> likely[i] / choice.endings().get(i).length());
    return new Score(
        0, 0, 1, plain == choice.right() ? 1 : 0, perCharacter == choice.right() ? 1 : 0);
  }

  /** The first of the highest. */
  private static int best(int count, IntToDoubleFunction value) {
    return IntStream.range(1, count)
        .reduce(0, (best, i) -> value.applyAsDouble(i) > value.applyAsDouble(best) ? i : best);
  }
}
