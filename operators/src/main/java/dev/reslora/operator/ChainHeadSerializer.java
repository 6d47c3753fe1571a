package dev.reslora.operator;

import dev.reslora.snapshot.ChainHead;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * State form of a chain's head: format number, version, digest, chunks. A later format gets the
 * next number and still reads this one.
 */
public final class ChainHeadSerializer extends ImmutableSerializer<ChainHead> {

  public static final ChainHeadSerializer INSTANCE = new ChainHeadSerializer();

  private static final int FORMAT = 1;

  @Override
  public void serialize(ChainHead head, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    out.writeLong(head.version());
    out.writeUTF(head.digest());
    out.writeInt(head.chunks());
  }

  @Override
  public ChainHead deserialize(DataInputView in) throws IOException {
    int format = in.readUnsignedByte();
    if (format != FORMAT) {
      throw new IOException(
          "state of the publish stage has format " + format + ", this release reads " + FORMAT);
    }
    return new ChainHead(in.readLong(), in.readUTF(), in.readInt());
  }

  @Override
  public ChainHead createInstance() {
    return ChainHead.NONE;
  }

  @Override
  public TypeSerializerSnapshot<ChainHead> snapshotConfiguration() {
    return new Written();
  }

  /** Names the serializer in a checkpoint. */
  public static final class Written extends SimpleTypeSerializerSnapshot<ChainHead> {
    public Written() {
      super(() -> INSTANCE);
    }
  }
}
