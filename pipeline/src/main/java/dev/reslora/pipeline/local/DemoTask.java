package dev.reslora.pipeline.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What a demo learns, and how it shows that it did. */
public abstract sealed class DemoTask permits ClassificationDemo, LanguageDemo {

  /** The base model's directory. */
  abstract Path model(DemoListener listener) throws IOException;

  /** What is learned from. */
  abstract LabeledStream stream(String adapterId, DemoListener listener) throws IOException;

  /** Options of the job, as {@code key=value}. */
  abstract List<String> settings();

  /** What it is judged by. */
  abstract Measure measure();

  /** What the newest version makes of texts that nobody learned from; none without a version. */
  abstract List<DemoAnswer> answers(DemoSubscriber subscriber, List<LabeledExample> keptBack);
}
