package dev.reslora.operator;

import dev.reslora.text.LateLabel;
import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A byte for the kind, then what it is, in a layout that knows its version. */
public final class TrainingInputSerializer extends ImmutableSerializer<TrainingInput> {

  private static final long serialVersionUID = 1L;

  private static final int EXAMPLE = 0;
  private static final int COMMAND = 1;
  private static final int LABEL = 2;
  private static final int LABEL_VERSION = 1;

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
    } else if (input.label() != null) {
      target.writeByte(LABEL);
      write(input.label(), target);
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
    if (kind == LABEL) {
      return TrainingInput.of(readLabel(source));
    }
    if (kind != COMMAND) {
      throw new IOException("training input: expected kind 0, 1 or 2, found " + kind);
    }
    DecodedRecord record = commands.deserialize(source);
    if (record.control() == null) {
      throw new IOException("training input: expected a command, found another record");
    }
    return TrainingInput.of(record.origin(), record.control());
  }

  private static void write(LateLabel label, DataOutputView target) throws IOException {
    target.writeByte(LABEL_VERSION);
    target.writeUTF(label.adapterId());
    target.writeUTF(label.exampleId());
    target.writeUTF(label.topic());
    target.writeInt(label.partition());
    target.writeLong(label.offset());
    target.writeLong(label.eventTime());
    target.writeUTF(label.label());
    target.writeBoolean(label.correction());
  }

  private static LateLabel readLabel(DataInputView source) throws IOException {
    int version = source.readUnsignedByte();
    if (version != LABEL_VERSION) {
      throw new IOException(
          "late label: expected layout version " + LABEL_VERSION + ", found " + version);
    }
    return new LateLabel(
        source.readUTF(),
        source.readUTF(),
        source.readUTF(),
        source.readInt(),
        source.readLong(),
        source.readLong(),
        source.readUTF(),
        source.readBoolean());
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
