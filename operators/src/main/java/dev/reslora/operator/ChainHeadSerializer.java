package dev.reslora.operator;

import dev.reslora.snapshot.ChainHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * State form of a chain's head: format number, version, digest, what is kept (format 1: the newest
 * version's chunks), and from format 3 on what is not listed. A later format gets the next number
 * and still reads these.
 */
public final class ChainHeadSerializer extends ImmutableSerializer<ChainHead> {

  public static final ChainHeadSerializer INSTANCE = new ChainHeadSerializer();

  private static final int FORMAT = 3;

  @Override
  public void serialize(ChainHead head, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    out.writeLong(head.version());
    out.writeUTF(head.digest());
    out.writeInt(head.kept().size());
    for (ChainHead.Kept kept : head.kept()) {
      out.writeLong(kept.version());
      out.writeInt(kept.chunks());
      out.writeUTF(kept.dataref());
    }
    out.writeLong(head.unlisted().from());
    out.writeLong(head.unlisted().to());
    out.writeInt(head.unlisted().chunks());
  }

  @Override
  public ChainHead deserialize(DataInputView in) throws IOException {
    int format = in.readUnsignedByte();
    if (format < 1 || format > FORMAT) {
      throw new IOException(
          "state of the publish stage has format "
              + format
              + ", this release reads up to "
              + FORMAT);
    }
    long version = in.readLong();
    String digest = in.readUTF();
    List<ChainHead.Kept> kept = new ArrayList<>();
    if (format == 1) {
      kept.add(new ChainHead.Kept(version, in.readInt(), ""));
    } else {
      for (int count = in.readInt(); count > 0; count--) {
        kept.add(new ChainHead.Kept(in.readLong(), in.readInt(), in.readUTF()));
      }
    }
    ChainHead.Unlisted unlisted = ChainHead.Unlisted.NONE;
    if (format > 2) {
      unlisted = new ChainHead.Unlisted(in.readLong(), in.readLong(), in.readInt());
    } else if (version > 0 && kept.isEmpty()) {
      // All were to stay; how many chunks they have is told by those that follow.
      unlisted = new ChainHead.Unlisted(1, version + 1, 1);
    }
    return new ChainHead(version, digest, kept, unlisted);
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
