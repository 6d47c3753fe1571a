package dev.reslora.operator;

import dev.reslora.schema.ForkId;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.TypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter is given, in the order of its partition: one of an example, a label that comes
 * after its text, and a command. Made by the tokenize stage, consumed by the train stage. All kinds
 * travel as one type because only then does each keep its place among the others.
 *
 * @param example to learn from, or null
 * @param label of a text that came before, or null
 * @param command to obey, or null
 */
@TypeInfo(TrainingInput.Types.class)
public record TrainingInput(
    @Nullable TokenizedExample example, @Nullable LateLabel label, @Nullable Command command) {

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
    if (Stream.of(example != null, label != null, command != null).filter(one -> one).count()
        != 1) {
      throw new IllegalArgumentException("expected one of example, label and command");
    }
  }

  static TrainingInput of(TokenizedExample example) {
    return new TrainingInput(example, null, null);
  }

  static TrainingInput of(LateLabel label) {
    return new TrainingInput(null, label, null);
  }

  static TrainingInput of(Origin origin, AdapterControl control) {
    return new TrainingInput(null, null, new Command(origin, control));
  }

  /** By what the train stage is keyed. */
  public String key() {
    return ForkId.keyOf(adapterId());
  }

  /** The adapter, or of a command one's fork. */
  public String adapterId() {
    if (example != null) {
      return example.adapterId();
    }
    return label != null
        ? label.adapterId()
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
