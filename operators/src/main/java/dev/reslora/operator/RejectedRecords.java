package dev.reslora.operator;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.flink.util.OutputTag;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what the decode, tokenize and train stages refuse, for {@link DeadLetterSchema}.
 * Keeps at most so many bytes of the original.
 */
public final class RejectedRecords {

  /** The side output of every stage that refuses records. */
  public static final OutputTag<RejectedRecord> OUTPUT =
      new OutputTag<>("rejected", new AvroTypeInfo<>(RejectedRecord.class));

  private static final int MAX_MESSAGE = 1_000;
  private static final int MAX_ID = 1_024;

  /** Of a key, which stands in a dead letter twice: the longest adapter id is far shorter. */
  static final int MAX_KEY = 1_024;

  private final int keptBytes;
  private final AvroEncoder<TrainingExample> examples =
      AvroEncoder.singleObject(TrainingExample.class);

  public RejectedRecords(int keptBytes) {
    this.keptBytes = keptBytes;
  }

  /** Of the decode stage; {@code content} is the record, where it could be read that far. */
  RejectedRecord decode(
      ConsumerRecord<byte[], byte[]> record,
      @Nullable SpecificRecordBase content,
      RejectedException fault) {
    RejectedRecord rejected = of(Origin.of(record), "decode", fault.reason(), fault.getMessage());
    name(rejected, content);
    rejected.setKey(key(record.key()));
    keepValue(rejected, record.value());
    return rejected;
  }

  /** Of the tokenize stage; the value is the example written anew, in single-object encoding. */
  public RejectedRecord tokenize(DecodedRecord record, RejectedException fault) {
    RejectedRecord rejected = of(record.origin(), "tokenize", fault.reason(), fault.getMessage());
    name(rejected, record.content());
    if (record.example() != null) {
      rejected.setKey(key(record.example().getAdapterId()));
      keepValue(rejected, examples.encode(record.example()));
    }
    return rejected;
  }

  /** Of the train stage, where the text is gone. */
  public RejectedRecord train(TokenizedExample example, RejectionReason reason, String message) {
    Origin origin = new Origin(example.topic(), example.partition(), example.offset(), -1);
    RejectedRecord rejected = of(origin, "train", reason, message);
    rejected.setAdapterId(example.adapterId());
    rejected.setExampleId(example.exampleId());
    rejected.setKey(key(example.adapterId()));
    return rejected;
  }

  /** Of the train stage: a label that came after its text, or should have. */
  RejectedRecord train(LateLabel label, RejectionReason reason, String message) {
    Origin origin = new Origin(label.topic(), label.partition(), label.offset(), -1);
    RejectedRecord rejected = of(origin, "train", reason, message);
    rejected.setAdapterId(label.adapterId());
    rejected.setExampleId(label.exampleId());
    rejected.setKey(key(label.adapterId()));
    return rejected;
  }

  /** Of the train stage: a command that it cannot obey. */
  RejectedRecord train(
      Origin origin, AdapterControl control, RejectionReason reason, String message) {
    RejectedRecord rejected = of(origin, "train", reason, message);
    name(rejected, control);
    rejected.setKey(key(control.getAdapterId()));
    return rejected;
  }

  private static RejectedRecord of(
      Origin origin, String stage, RejectionReason reason, @Nullable String message) {
    return RejectedRecord.newBuilder()
        .setTopic(origin.topic())
        .setPartition(origin.partition())
        .setOffset(origin.offset())
        .setTimestamp(origin.timestamp())
        .setStage(stage)
        .setReason(reason)
        .setMessage(cut(String.valueOf(message), MAX_MESSAGE))
        .build();
  }

  private static void name(RejectedRecord rejected, @Nullable SpecificRecordBase content) {
    if (content instanceof TrainingExample example) {
      rejected.setAdapterId(cut(example.getAdapterId(), MAX_ID));
      rejected.setExampleId(cut(example.getExampleId(), MAX_ID));
    } else if (content instanceof AdapterControl control) {
      rejected.setAdapterId(cut(control.getAdapterId(), MAX_ID));
      rejected.setExampleId(cut(control.getCommandId(), MAX_ID));
    }
  }

  private void keepValue(RejectedRecord rejected, byte @Nullable [] value) {
    rejected.setValue(cut(value, keptBytes));
    rejected.setValueSize(value == null ? -1 : value.length);
  }

  private static String cut(String text, int length) {
    return text.substring(0, Math.min(text.length(), length));
  }

  private @Nullable ByteBuffer key(String adapterId) {
    return key(adapterId.getBytes(StandardCharsets.UTF_8));
  }

  private @Nullable ByteBuffer key(byte @Nullable [] key) {
    return cut(key, Math.min(keptBytes, MAX_KEY));
  }

  /** A copy: a view would hold on to the whole fetched record. */
  private static @Nullable ByteBuffer cut(byte @Nullable [] bytes, int length) {
    if (bytes == null) {
      return null;
    }
    byte[] kept = new byte[Math.min(bytes.length, length)];
    System.arraycopy(bytes, 0, kept, 0, kept.length);
    return ByteBuffer.wrap(kept);
  }
}
