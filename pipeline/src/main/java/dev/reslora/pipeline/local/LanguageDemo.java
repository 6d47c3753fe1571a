package dev.reslora.pipeline.local;

import dev.reslora.model.Sampling;
import dev.reslora.serving.Completions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A small language model of the nineteenth century learns the English of the next ones. */
public final class LanguageDemo extends DemoTask {

  /** The first year that the shipped model has read nothing of. */
  static final int FIRST_YEAR = 1901;

  private static final int SHOWN = 3;
  private static final int COMPLETION_TOKENS = 24;
  private static final Sampling SAMPLING = new Sampling(0.7, 0.9, 1);
  private static final Pattern OPENING = Pattern.compile("(?:\\S+\\s+){8}");

  private final Path model;
  private final String source;

  /**
   * @param model Hugging Face directory of a model of the Llama family
   * @param source sotu, for the addresses since 1901, or a file
   */
  public LanguageDemo(Path model, String source) {
    this.model = model;
    this.source = source;
  }

  @Override
  Path model(DemoListener listener) throws IOException {
    if (!Files.isDirectory(model)) {
      throw new IOException("the base model's directory " + model + " does not exist");
    }
    listener.says("base model " + model);
    return model;
  }

  @Override
  LabeledStream stream(String adapterId, DemoListener listener) throws IOException {
    return source.equals(LabeledStreams.SPEECHES)
        ? SpeechStream.texts(adapterId, FIRST_YEAR)
        : LabeledStreams.texts(source, adapterId, false);
  }

  @Override
  List<String> settings() {
    return List.of("reslora.adapter.target-modules=.*_proj", "reslora.training.learning-rate=3e-3");
  }

  @Override
  Measure measure() {
    return Measure.BITS_PER_BYTE;
  }

  @Override
  List<DemoAnswer> answers(DemoSubscriber subscriber, List<LabeledExample> keptBack) {
    return keptBack.stream()
        .map(LabeledExample::text)
        .limit(SHOWN)
        .map(LanguageDemo::opening)
        .flatMap(
            prompt ->
                subscriber
                    .complete(new Completions.Request(prompt, COMPLETION_TOKENS, SAMPLING))
                    .stream())
        .<DemoAnswer>map(c -> new DemoAnswer.Completion(c.prompt(), c.frozen(), c.adapted()))
        .toList();
  }

  /** The first words of a text. */
  private static String opening(String text) {
    Matcher words = OPENING.matcher(text);
    return words.lookingAt() ? words.group().strip() : text;
  }
}
