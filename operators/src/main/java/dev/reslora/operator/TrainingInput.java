package dev.reslora.operator;

import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.text.TokenizedExample;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter is given, in the order of its partition: an example or a command, never both.
 * Made by the tokenize stage, consumed by the train stage. Both kinds travel as one type because
 * only then does a command keep its place among the examples.
 *
 * @param example to learn from, or null
 * @param command to obey, or null
 */
@TypeInfo(TrainingInput.Types.class)
public record TrainingInput(@Nullable TokenizedExample example, @Nullable Command command) {

  /** Type of the edge; Flink finds it through the annotation as well. */
  public static final TypeInformation<TrainingInput> TYPE =
      new ImmutableTypeInfo<>(TrainingInput.class, new TrainingInputSerializer());

  /**
   * A command and where it was read.
   *
   * @param origin where it was read
   * @param control the command; never changed
   */
  public record Command(Origin origin, AdapterControl control) {}

  public TrainingInput {
    if ((example == null) == (command == null)) {
      throw new IllegalArgumentException("expected one of example and command");
    }
  }

  static TrainingInput of(TokenizedExample example) {
    return new TrainingInput(example, null);
  }

  static TrainingInput of(Origin origin, AdapterControl control) {
    return new TrainingInput(null, new Command(origin, control));
  }

  /** The key. */
  public String adapterId() {
    return example != null
        ? example.adapterId()
        : Objects.requireNonNull(command).control().getAdapterId();
  }

  /** Called by Flink's type extraction. */
  public static final class Types extends TypeInfoFactory<TrainingInput> {

    @Override
    public TypeInformation<TrainingInput> createTypeInfo(
        Type type, Map<String, TypeInformation<?>> parameters) {
      return TYPE;
    }
  }
}
