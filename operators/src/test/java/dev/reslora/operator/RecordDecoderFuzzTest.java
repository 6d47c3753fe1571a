package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.reslora.schema.InMemoryRegistry;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.Samples;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random and mutated records: each becomes a valid example or command, or a rejection. */
class RecordDecoderFuzzTest {

  private static final int RECORDS = 10_000;
  private static final int MAX_ALLOCATED = 2 << 20;
  private static final byte[] KEY = "mail".getBytes(StandardCharsets.UTF_8);

  private final SplittableRandom random = new SplittableRandom(20_251);
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void everyRecordIsAcceptedOrRejectedAndNothingIsThrown() throws Exception {
    try (InMemoryRegistry registry = InMemoryRegistry.start()) {
      WireConfig confluent = new WireConfig(WireFormat.CONFLUENT, registry.config());
      List<byte[]> seeds = new ArrayList<>(seeds(WireConfig.SINGLE_OBJECT));
      seeds.addAll(seeds(confluent));
      RecordDecoder decoder =
          new RecordDecoder(new DecodeConfig(confluent, 2_000, 100, RegistryOutage.FAIL));
      for (byte[] seed : seeds) {
        assertThat(decoder.decode(record(0, KEY, seed)).rejection()).isNull();
      }

      Set<RejectionReason> reasons = EnumSet.noneOf(RejectionReason.class);
      int accepted = 0;
      for (int offset = 0; offset < RECORDS; offset++) {
        byte[] value = value(seeds);
        DecodedRecord decoded = decodeBounded(decoder, record(offset, key(), value));
        assertThat(decoded.origin().offset()).isEqualTo(offset);
        if (decoded.rejection() == null) {
          accepted++;
          assertValid(decoded);
        } else {
          assertSays(decoded.rejection(), offset, value);
          reasons.add(decoded.rejection().getReason());
        }
      }
      assertThat(accepted).isBetween(RECORDS / 100, RECORDS / 2);
      assertThat(reasons)
          .contains(
              RejectionReason.EMPTY_RECORD,
              RejectionReason.RECORD_TOO_LARGE,
              RejectionReason.MALFORMED,
              RejectionReason.UNKNOWN_SCHEMA,
              RejectionReason.INVALID_FIELD);
    }
  }

  private DecodedRecord decodeBounded(RecordDecoder decoder, ConsumerRecord<byte[], byte[]> record)
      throws IOException {
    long before = threads.getCurrentThreadAllocatedBytes();
    DecodedRecord decoded = decoder.decode(record);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_ALLOCATED);
    return decoded;
  }

  private static void assertValid(DecodedRecord decoded) throws Exception {
    if (decoded.example() != null) {
      RecordRules.check(decoded.example());
    } else if (decoded.control() != null) {
      RecordRules.check(decoded.control());
    }
  }

  private static void assertSays(RejectedRecord rejected, long offset, byte @Nullable [] value) {
    assertThat(rejected.getTopic()).isEqualTo("training");
    assertThat(rejected.getOffset()).isEqualTo(offset);
    assertThat(rejected.getReason()).isNotEqualTo(RejectionReason.UNKNOWN);
    assertThat(rejected.getMessage()).isNotBlank().doesNotStartWith("null");
    assertThat(rejected.getValueSize()).isEqualTo(value == null ? -1 : value.length);
    ByteBuffer kept =
        value == null ? null : ByteBuffer.wrap(Arrays.copyOf(value, Math.min(value.length, 100)));
    assertThat(rejected.getValue()).isEqualTo(kept);
  }

  private static ConsumerRecord<byte[], byte[]> record(
      long offset, byte @Nullable [] key, byte @Nullable [] value) {
    return new ConsumerRecord<>("training", 0, offset, key, value);
  }

  private byte @Nullable [] key() {
    int kind = random.nextInt(10);
    if (kind == 0) {
      return null;
    }
    return kind == 1 ? bytes(random.nextInt(300)) : KEY;
  }

  private byte @Nullable [] value(List<byte[]> seeds) {
    int kind = random.nextInt(100);
    if (kind == 0) {
      return null;
    }
    if (kind < 5) {
      return bytes(random.nextInt(3_000));
    }
    byte[] value = seeds.get(random.nextInt(seeds.size())).clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      value = mutate(value, seeds);
    }
    return value;
  }

  private byte[] mutate(byte[] value, List<byte[]> seeds) {
    if (value.length == 0) {
      return bytes(8);
    }
    int at = random.nextInt(value.length);
    switch (random.nextInt(6)) {
      case 0 -> value[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> value[at] = (byte) random.nextInt();
      case 2 -> Arrays.fill(value, at, Math.min(value.length, at + 9), (byte) 0xFF);
      case 3 -> value = Arrays.copyOf(value, at);
      case 4 -> value = concat(value, at, bytes(random.nextInt(16)));
      default -> value = concat(value, at, seeds.get(random.nextInt(seeds.size())));
    }
    return value;
  }

  private static byte[] concat(byte[] value, int length, byte[] tail) {
    byte[] joined = Arrays.copyOf(value, length + tail.length);
    System.arraycopy(tail, 0, joined, length, tail.length);
    return joined;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static List<byte[]> seeds(WireConfig wire) throws IOException {
    var examples = wire.encoder(TrainingExample.class, "training", SubjectNaming.TOPIC_AND_RECORD);
    var controls = wire.encoder(AdapterControl.class, "training", SubjectNaming.TOPIC_AND_RECORD);
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(controls.encode(Samples.control()));
    for (Object payload :
        List.of(
            Samples.example().getPayload(),
            new TextPair("one", "two", "same"),
            new PromptCompletion("2 + 2 =", "4"),
            new PlainText("text ".repeat(100)))) {
      TrainingExample example = Samples.example();
      example.setPayload(payload);
      seeds.add(examples.encode(example));
    }
    return seeds;
  }
}
