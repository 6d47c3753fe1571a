package dev.reslora.pipeline.local;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.TrainingExample;
import java.util.function.Function;

/** How the two record types of the training topic become bytes. */
public record RecordEncoders(
    Function<TrainingExample, byte[]> examples, Function<AdapterControl, byte[]> controls) {

  /** In single-object encoding; for one thread. */
  public static RecordEncoders singleObject() {
    return new RecordEncoders(
        AvroEncoder.singleObject(TrainingExample.class)::encode,
        AvroEncoder.singleObject(AdapterControl.class)::encode);
  }
}
