package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.RecordEncoders;
import dev.reslora.schema.RegistryConfig;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** In which form a command writes records. */
final class WireOptions {

  @Option(
      names = "--wire",
      paramLabel = "FORMAT",
      description = "single-object (default; needs no registry) or confluent.")
  String format = WireFormat.SINGLE_OBJECT.label();

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "Schema registry of the confluent format.")
  @Nullable URI registry;

  @Option(
      names = "--registry-auth",
      paramLabel = "USER:PASSWORD",
      defaultValue = "${env:RESLORA_REGISTRY_AUTH}",
      description = "Who asks the registry; better set in RESLORA_REGISTRY_AUTH.")
  @Nullable String registryAuth;

  /** Encoders of the training topic, which carries two record types. */
  RecordEncoders encoders(String topic) {
    WireConfig wire = config();
    try {
      return new RecordEncoders(
          wire.encoder(TrainingExample.class, topic, SubjectNaming.TOPIC_AND_RECORD)::encode,
          wire.encoder(AdapterControl.class, topic, SubjectNaming.TOPIC_AND_RECORD)::encode);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  WireConfig config() {
    if (format.equals(WireFormat.SINGLE_OBJECT.label())) {
      return WireConfig.SINGLE_OBJECT;
    }
    if (!format.equals(WireFormat.CONFLUENT.label())) {
      throw new CommandFailure(
          "--wire: expected single-object or confluent, found '" + format + "'");
    }
    if (registry == null) {
      throw new CommandFailure("--wire confluent: expected --registry URL, found none");
    }
    try {
      RegistryConfig config = RegistryConfig.of(registry);
      return new WireConfig(
          WireFormat.CONFLUENT, registryAuth == null ? config : config.withBasicAuth(registryAuth));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--registry: " + e.getMessage(), e);
    }
  }
}
