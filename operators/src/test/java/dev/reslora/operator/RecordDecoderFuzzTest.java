package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.reslora.schema.InMemoryRegistry;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random and mutated records: each becomes a valid example or command, or a rejection. */
class RecordDecoderFuzzTest {

  private static final int RECORDS = 10_000;
  private static final int MAX_ALLOCATED = 2 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void everyRecordIsAcceptedOrRejectedAndNothingIsThrown() throws Exception {
    try (InMemoryRegistry registry = InMemoryRegistry.start()) {
      WireConfig confluent = new WireConfig(WireFormat.CONFLUENT, registry.config());
      List<byte[]> seeds = new ArrayList<>(FuzzedRecords.seeds(WireConfig.SINGLE_OBJECT));
      seeds.addAll(FuzzedRecords.seeds(confluent));
      RecordDecoder decoder =
          new RecordDecoder(new DecodeConfig(confluent, 2_000, 100, RegistryOutage.FAIL));
      for (byte[] seed : seeds) {
        assertThat(decoder.decode(record(0, FuzzedRecords.KEY, seed)).rejection()).isNull();
      }

      Set<RejectionReason> reasons = EnumSet.noneOf(RejectionReason.class);
      FuzzedRecords records = new FuzzedRecords(seeds);
      int accepted = 0;
      for (int offset = 0; offset < RECORDS; offset++) {
        FuzzedRecords.Fuzzed fuzzed = records.next();
        DecodedRecord decoded =
            decodeBounded(decoder, record(offset, fuzzed.key(), fuzzed.value()));
        assertThat(decoded.origin().offset()).isEqualTo(offset);
        if (decoded.rejection() == null) {
          accepted++;
          assertValid(decoded);
        } else {
          assertSays(decoded.rejection(), offset, fuzzed.value());
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
}
