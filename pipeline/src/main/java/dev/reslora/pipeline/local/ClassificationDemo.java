package dev.reslora.pipeline.local;

import dev.reslora.model.ImportedModel;
import dev.reslora.model.KnownModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** An encoder from Maven Central learns which class a text is of. */
public final class ClassificationDemo extends DemoTask {

  /** The stream that takes mail where it can be had, and speeches otherwise. */
  public static final String AUTO = "auto";

  private final KnownModel model;
  private final String source;

  /**
   * @param model the base model
   * @param source auto, mail, sotu or a file
   */
  public ClassificationDemo(KnownModel model, String source) {
    this.model = model;
    this.source = source;
  }

  @Override
  Path model(DemoListener listener) throws IOException {
    ImportedModel imported = CacheDirectory.imported(model, listener::progress);
    listener.says("base model " + imported.name() + " in " + imported.directory());
    return imported.directory();
  }

  @Override
  LabeledStream stream(String adapterId, DemoListener listener) throws IOException {
    if (!source.equals(AUTO)) {
      return LabeledStreams.open(source, adapterId, false);
    }
    try {
      return LabeledStreams.open(LabeledStreams.MAIL, adapterId, false);
    } catch (IOException e) {
      listener.says("the mail stream cannot be had (" + e.getMessage() + "), taking speeches");
      return LabeledStreams.open(LabeledStreams.SPEECHES, adapterId, false);
    }
  }

  @Override
  List<String> settings() {
    return List.of(
        "reslora.model.pooling=" + model.origin().pooling(), "reslora.model.max-tokens=64");
  }

  @Override
  Measure measure() {
    return Measure.ACCURACY;
  }

  @Override
  List<DemoAnswer> answers(DemoSubscriber subscriber, List<LabeledExample> keptBack) {
    List<String> labels = subscriber.classify(keptBack.stream().map(LabeledExample::text).toList());
    return IntStream.range(0, labels.size())
        .<DemoAnswer>mapToObj(
            i ->
                new DemoAnswer.Label(
                    keptBack.get(i).text(), keptBack.get(i).label(), labels.get(i)))
        .toList();
  }
}
