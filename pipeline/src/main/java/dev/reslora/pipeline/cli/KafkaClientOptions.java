package dev.reslora.pipeline.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a command reaches Kafka. */
final class KafkaClientOptions {

  @Option(
      names = "--bootstrap-servers",
      paramLabel = "HOST:PORT",
      description = "Brokers to begin with, comma-separated.")
  @Nullable String bootstrapServers;

  @Option(
      names = "--command-config",
      paramLabel = "FILE",
      description = "Properties file for the Kafka client (SASL, TLS).")
  @Nullable Path commandConfig;

  @Spec(Spec.Target.MIXEE)
  CommandSpec command;

  /** Where Kafka is; checked here since a subcommand does not need its parent's. */
  String bootstrapServers() {
    if (bootstrapServers == null) {
      throw new ParameterException(
          command.commandLine(), "--bootstrap-servers: expected HOST:PORT, found none");
    }
    return bootstrapServers;
  }

  /** Properties of a Kafka client. */
  Map<String, Object> client() {
    Map<String, Object> client = new HashMap<>(properties());
    client.put("bootstrap.servers", bootstrapServers());
    return client;
  }

  /** What the file holds; empty without one. */
  Map<String, String> properties() {
    Map<String, String> client = new TreeMap<>();
    if (commandConfig == null) {
      return client;
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(commandConfig)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailure(
          "--command-config: cannot read %s: %s".formatted(commandConfig, e), e);
    }
    properties.stringPropertyNames().forEach(key -> client.put(key, properties.getProperty(key)));
    return client;
  }
}
