package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.TrainingExample;
import java.util.function.Function;

/** How the two record types of the training topic become bytes. */
public record RecordEncoders(
    Function<TrainingExample, byte[]> examples, Function<AdapterControl, byte[]> controls) {}
