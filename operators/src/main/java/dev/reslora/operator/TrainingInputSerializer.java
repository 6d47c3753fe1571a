package dev.reslora.operator;

import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A byte for the kind, then an example or a command, each in a layout that knows its version. */
public final class TrainingInputSerializer extends ImmutableSerializer<TrainingInput> {

  private static final long serialVersionUID = 1L;

  private static final int EXAMPLE = 0;
  private static final int COMMAND = 1;

  private final TokenizedExampleSerializer examples = new TokenizedExampleSerializer();
  private final DecodedRecordSerializer commands = new DecodedRecordSerializer();

  @Override
  public TrainingInputSerializer duplicate() {
    return new TrainingInputSerializer();
  }

  @Override
  public TrainingInput createInstance() {
    return TrainingInput.of(examples.createInstance());
  }

  @Override
  public void serialize(TrainingInput input, DataOutputView target) throws IOException {
    if (input.example() != null) {
      target.writeByte(EXAMPLE);
      examples.serialize(input.example(), target);
    } else {
      TrainingInput.Command command = Objects.requireNonNull(input.command());
      target.writeByte(COMMAND);
      commands.serialize(DecodedRecord.of(command.origin(), command.control()), target);
    }
  }

  @Override
  public TrainingInput deserialize(DataInputView source) throws IOException {
    int kind = source.readUnsignedByte();
    if (kind == EXAMPLE) {
      return TrainingInput.of(examples.deserialize(source));
    }
    if (kind != COMMAND) {
      throw new IOException("training input: expected kind 0 or 1, found " + kind);
    }
    DecodedRecord record = commands.deserialize(source);
    if (record.control() == null) {
      throw new IOException("training input: expected a command, found another record");
    }
    return TrainingInput.of(record.origin(), record.control());
  }

  @Override
  public TypeSerializerSnapshot<TrainingInput> snapshotConfiguration() {
    return new Snapshot();
  }

  /** Written into checkpoints by name; public and constructible for Flink. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<TrainingInput> {

    public Snapshot() {
      super(TrainingInputSerializer::new);
    }
  }
}
