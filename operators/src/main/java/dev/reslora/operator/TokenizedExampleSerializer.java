package dev.reslora.operator;

import dev.reslora.text.TokenizedExample;
import dev.reslora.text.TokenizedExampleCodec;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Between the tokenize and the train stage, and in state. The bytes carry their layout's version
 * themselves, so state of an older release is read as it is.
 */
public final class TokenizedExampleSerializer extends ImmutableSerializer<TokenizedExample> {

  /** Type of the edge; name it with {@code returns}, the record itself knows no Flink. */
  public static final TypeInformation<TokenizedExample> TYPE =
      new ImmutableTypeInfo<>(TokenizedExample.class, new TokenizedExampleSerializer());

  private static final long serialVersionUID = 1L;

  private static final TokenizedExample EMPTY =
      new TokenizedExample("", "", "", 0, 0, 0, new int[0], null, 0, null, 1);

  @Override
  public TokenizedExample createInstance() {
    return EMPTY;
  }

  @Override
  public void serialize(TokenizedExample example, DataOutputView target) throws IOException {
    TokenizedExampleCodec.write(example, target);
  }

  @Override
  public TokenizedExample deserialize(DataInputView source) throws IOException {
    return TokenizedExampleCodec.read(source);
  }

  @Override
  public TypeSerializerSnapshot<TokenizedExample> snapshotConfiguration() {
    return new Snapshot();
  }

  /** Written into checkpoints by name; public and constructible for Flink. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<TokenizedExample> {

    public Snapshot() {
      super(TokenizedExampleSerializer::new);
    }
  }
}
