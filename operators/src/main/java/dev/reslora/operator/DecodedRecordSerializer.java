package dev.reslora.operator;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Version, origin, then the record in single-object encoding, whose fingerprint tells both its type
 * and the release that wrote it: unaligned checkpoints keep such bytes over an upgrade.
 */
public final class DecodedRecordSerializer extends ImmutableSerializer<DecodedRecord> {

  private static final long serialVersionUID = 1L;

  private static final int VERSION = 1;
  private static final int MAX_BYTES = 128 << 20;

  /** Made on the thread that uses it: encoders and decoders keep buffers. */
  private transient @Nullable Codec codec;

  @Override
  public DecodedRecordSerializer duplicate() {
    return new DecodedRecordSerializer();
  }

  @Override
  public DecodedRecord createInstance() {
    return DecodedRecord.of(new Origin("", 0, 0, -1), new TrainingExample());
  }

  @Override
  public void serialize(DecodedRecord record, DataOutputView target) throws IOException {
    Origin origin = record.origin();
    byte[] content = codec().encode(record);
    target.writeByte(VERSION);
    target.writeUTF(origin.topic());
    target.writeInt(origin.partition());
    target.writeLong(origin.offset());
    target.writeLong(origin.timestamp());
    target.writeInt(content.length);
    target.write(content);
  }

  @Override
  public DecodedRecord deserialize(DataInputView source) throws IOException {
    int version = source.readUnsignedByte();
    if (version != VERSION) {
      throw new IOException(
          "decoded record: expected layout version " + VERSION + ", found " + version);
    }
    Origin origin =
        new Origin(source.readUTF(), source.readInt(), source.readLong(), source.readLong());
    int length = source.readInt();
    if (length < 0 || length > MAX_BYTES) {
      throw new IOException(
          "decoded record: expected at most " + MAX_BYTES + " bytes, found " + length);
    }
    byte[] content = new byte[length];
    source.readFully(content);
    return DecodedRecord.of(origin, codec().decode(content));
  }

  @Override
  public TypeSerializerSnapshot<DecodedRecord> snapshotConfiguration() {
    return new Snapshot();
  }

  private Codec codec() {
    if (codec == null) {
      codec = new Codec();
    }
    return codec;
  }

  /** Written into checkpoints by name; public and constructible for Flink. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<DecodedRecord> {

    public Snapshot() {
      super(DecodedRecordSerializer::new);
    }
  }

  private static final class Codec {

    private final AvroEncoder<TrainingExample> examples =
        AvroEncoder.singleObject(TrainingExample.class);
    private final AvroEncoder<AdapterControl> controls =
        AvroEncoder.singleObject(AdapterControl.class);
    private final AvroEncoder<RejectedRecord> rejections =
        AvroEncoder.singleObject(RejectedRecord.class);
    private final AvroDecoder<SpecificRecordBase> decoder =
        WireConfig.SINGLE_OBJECT.decoder(
            List.of(TrainingExample.class, AdapterControl.class, RejectedRecord.class));

    byte[] encode(DecodedRecord record) {
      if (record.example() != null) {
        return examples.encode(record.example());
      }
      return record.control() != null
          ? controls.encode(record.control())
          : rejections.encode((RejectedRecord) record.content());
    }

    SpecificRecordBase decode(byte[] content) throws IOException {
      try {
        return decoder.decode(content);
      } catch (RejectedException e) {
        throw new IOException("decoded record: " + e.getMessage(), e);
      }
    }
  }
}
