package dev.reslora.schema;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;

/** Header and Avro binary of one record type. Thread-confined: buffers are used again. */
public final class AvroEncoder<T extends SpecificRecordBase> {

  private final byte[] header;
  private final SpecificDatumWriter<T> writer;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1024);
  private final BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(buffer, null);

  AvroEncoder(Class<T> type, byte[] header) {
    this.header = header.clone();
    SpecificData model = SpecificData.getForClass(type);
    this.writer = new SpecificDatumWriter<>(model.getSchema(type), model);
  }

  /** In single-object encoding, which needs neither topic nor registry. */
  public static <T extends SpecificRecordBase> AvroEncoder<T> singleObject(Class<T> type) {
    try {
      return WireConfig.SINGLE_OBJECT.encoder(type, "", SubjectNaming.TOPIC);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public byte[] encode(T record) {
    buffer.reset();
    buffer.writeBytes(header);
    try {
      writer.write(record, out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.toByteArray();
  }
}
