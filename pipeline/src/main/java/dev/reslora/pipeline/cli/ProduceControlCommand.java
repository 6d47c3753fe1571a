package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.ResLoraOptions;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.training.AdapterOverrides;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends a command to one adapter, in order with its examples. */
@Command(
    name = "control",
    mixinStandardHelpOptions = true,
    description = "Sends a command to an adapter; it takes its place among the adapter's examples.")
final class ProduceControlCommand implements Runnable {

  /** What can be asked. */
  enum Order {
    PUBLISH(AdapterCommand.PUBLISH),
    PAUSE(AdapterCommand.PAUSE),
    RESUME(AdapterCommand.RESUME),
    CREATE(AdapterCommand.CREATE),
    SET_LEARNING_RATE(AdapterCommand.SET_LEARNING_RATE),
    ROLL_BACK(AdapterCommand.ROLL_BACK),
    DELETE(AdapterCommand.DELETE),
    FORK(AdapterCommand.FORK);

    private final AdapterCommand command;

    Order(AdapterCommand command) {
      this.command = command;
    }
  }

  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "ADAPTER", description = "The adapter's id.")
  String adapter;

  @Parameters(
      index = "1",
      paramLabel = "COMMAND",
      description =
          "publish (a candidate now), pause (skip examples), resume, create (with --learning-rate"
              + " and --set where wanted), set_learning_rate, roll_back (publish the version before"
              + " anew and learn on from it), delete (forget the adapter and retire its versions), fork"
              + " (publish what it has learned as an adapter of its own). One of ${COMPLETION-CANDIDATES}.")
  Order order;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description = "Peak learning rate of the factors, for create and set_learning_rate.")
  @Nullable Double learningRate;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "For create: an option that this adapter has for itself, as"
              + " training.batch-examples=8; see guards.md for which.")
  Map<String, String> options = new TreeMap<>();

  @Mixin KafkaClientOptions kafka;

  @Mixin WireOptions wire;

  @Option(
      names = "--topic",
      defaultValue = "training-examples",
      description = "Training topic (default: ${DEFAULT-VALUE}).")
  String topic;

  /** A producer would ask for it for a minute. */
  static void requireTopic(TopicCreator topics, String topic, String remedy) {
    if (!topics.missing(Set.of(topic)).isEmpty()) {
      throw new CommandFailure("there is no topic '%s'; %s".formatted(topic, remedy));
    }
  }

  /** Names as in a configuration are as good. */
  private Map<String, String> options() {
    Map<String, String> plain = new TreeMap<>();
    options.forEach(
        (name, value) ->
            plain.put(
                name.startsWith(ResLoraOptions.PREFIX)
                    ? name.substring(ResLoraOptions.PREFIX.length())
                    : name,
                value));
    return plain;
  }

  @Override
  public void run() {
    AdapterControl control =
        AdapterControl.newBuilder()
            .setAdapterId(adapter)
            .setCommandId(UUID.randomUUID().toString())
            .setEventTime(Instant.now().truncatedTo(ChronoUnit.MILLIS))
            .setCommand(order.command)
            .setLearningRate(learningRate)
            .setOptions(options())
            .build();
    try {
      RecordRules.check(control);
      AdapterOverrides.of(control.getOptions());
    } catch (RejectedException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    Map<String, String> client = kafka.properties();
    try (TopicCreator topics = TopicCreator.connect(kafka.bootstrapServers(), client);
        ExampleProducer producer =
            new ExampleProducer(kafka.bootstrapServers(), client, topic, wire.encoders(topic))) {
      requireTopic(topics, topic, "'run' and 'produce' can create it");
      producer.send(control);
      producer.flush();
    } catch (BrokerUnavailableException e) {
      throw CommandFailure.of(e);
    }
    spec.commandLine()
        .getOut()
        .printf("%s sent to %s as command %s%n", order, adapter, control.getCommandId());
    spec.commandLine().getOut().flush();
  }
}
