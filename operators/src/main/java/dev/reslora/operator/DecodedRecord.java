package dev.reslora.operator;

import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.TrainingExample;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.typeinfo.TypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.jspecify.annotations.Nullable;

/**
 * What became of one Kafka record: exactly one of an example, a command or a rejection. Made by
 * {@link RecordDecoder} inside the source, split by {@link RejectionRouter}; behind it there are
 * examples and commands only, still in the order of their partition.
 *
 * @param origin where it was read
 * @param example checked by {@link dev.reslora.schema.RecordRules}; never changed
 * @param control checked likewise; never changed
 * @param rejection why it is neither; never changed
 */
@TypeInfo(DecodedRecord.Types.class)
public record DecodedRecord(
    Origin origin,
    @Nullable TrainingExample example,
    @Nullable AdapterControl control,
    @Nullable RejectedRecord rejection) {

  /** Type of the edge; Flink finds it through the annotation as well. */
  public static final TypeInformation<DecodedRecord> TYPE =
      new ImmutableTypeInfo<>(DecodedRecord.class, new DecodedRecordSerializer());

  public DecodedRecord {
    long parts = Stream.of(example, control, rejection).filter(Objects::nonNull).count();
    if (parts != 1) {
      throw new IllegalArgumentException(
          "expected one of example, control and rejection, found " + parts);
    }
  }

  static DecodedRecord of(Origin origin, SpecificRecordBase content) {
    return new DecodedRecord(
        origin,
        content instanceof TrainingExample example ? example : null,
        content instanceof AdapterControl control ? control : null,
        content instanceof RejectedRecord rejection ? rejection : null);
  }

  /** Whichever of the three it is. */
  SpecificRecordBase content() {
    if (example != null) {
      return example;
    }
    return control != null ? control : Objects.requireNonNull(rejection);
  }

  /**
   * For the source's watermarks: milliseconds since the epoch. A rejection has none and must not
   * move event time, whatever clock its Kafka timestamp came from: {@link Long#MIN_VALUE}.
   */
  public long eventTime() {
    if (example != null) {
      return example.getEventTime().toEpochMilli();
    }
    return control != null ? control.getEventTime().toEpochMilli() : Long.MIN_VALUE;
  }

  /** Called by Flink's type extraction. */
  public static final class Types extends TypeInfoFactory<DecodedRecord> {

    @Override
    public TypeInformation<DecodedRecord> createTypeInfo(
        Type type, Map<String, TypeInformation<?>> parameters) {
      return TYPE;
    }
  }
}
