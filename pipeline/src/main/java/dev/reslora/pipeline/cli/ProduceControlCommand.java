package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
    RESUME(AdapterCommand.RESUME);

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
          "publish (a snapshot now), pause (skip examples), resume. One of ${COMPLETION-CANDIDATES}.")
  Order order;

  @Mixin KafkaClientOptions kafka;

  @Mixin WireOptions wire;

  @Option(
      names = "--topic",
      defaultValue = "training-examples",
      description = "Training topic (default: ${DEFAULT-VALUE}).")
  String topic;

  @Override
  public void run() {
    AdapterControl control =
        AdapterControl.newBuilder()
            .setAdapterId(adapter)
            .setCommandId(UUID.randomUUID().toString())
            .setEventTime(Instant.now().truncatedTo(ChronoUnit.MILLIS))
            .setCommand(order.command)
            .build();
    try (ExampleProducer producer =
        new ExampleProducer(
            kafka.bootstrapServers(), kafka.properties(), topic, wire.encoders(topic))) {
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
