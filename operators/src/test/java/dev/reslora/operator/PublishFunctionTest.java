package dev.reslora.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.WireConfig;
import dev.reslora.snapshot.Continuity;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.TestSnapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("try") // the harness closes with InterruptedException
class PublishFunctionTest {

  @TempDir Path store;

  private static OneInputStreamOperatorTestHarness<PublishRequest, ServingRecord> harness()
      throws Exception {
    return harness(new PublishPlan(WireConfig.SINGLE_OBJECT, "model-snapshots", 1, null, 0, 1));
  }

  private static OneInputStreamOperatorTestHarness<PublishRequest, ServingRecord> harness(
      PublishPlan plan) throws Exception {
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new KeyedProcessOperator<>(new PublishFunction(plan)), PublishRequest::key, Types.STRING);
  }

  private static List<PublishedVersion> assemble(List<ServingRecord> records) throws Exception {
    List<PublishedVersion> versions = new ArrayList<>();
    SnapshotAssembler assembler =
        new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 10_000_000, versions::add);
    for (ServingRecord record : records) {
      assembler.accept(record.key(), record.value());
    }
    return versions;
  }

  @Test
  void numbersEachAdaptersVersionsByThemselves() throws Exception {
    try (var harness = harness()) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 0L, 5L)), 0);
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("news", 0L, 7L)), 0);
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 5L, 9L)), 0);
      assertThat(assemble(harness.extractOutputValues()))
          .extracting(version -> version.adapterId() + "-v" + version.version())
          .containsExactly("mail-v1", "news-v1", "mail-v2");
    }
  }

  @Test
  void goesOnWithTheSameBytesAfterARestore() throws Exception {
    List<ServingRecord> whole;
    List<ServingRecord> parts = new ArrayList<>();
    try (var harness = harness()) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 1L, 2_500_000)), 0);
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 2L, 100)), 0);
      whole = harness.extractOutputValues();
    }
    OperatorSubtaskState state;
    try (var harness = harness()) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 1L, 2_500_000)), 0);
      parts.addAll(harness.extractOutputValues());
      state = harness.snapshot(1, 1);
    }
    try (var harness = harness()) {
      harness.initializeState(state);
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 2L, 100)), 0);
      parts.addAll(harness.extractOutputValues());
    }
    assertThat(parts).usingRecursiveComparison().isEqualTo(whole);
    assertThat(parts)
        .extracting(ServingRecord::type)
        .containsExactly(
            "chunk",
            "chunk",
            "chunk",
            "manifest",
            "chunk",
            "tombstone",
            "tombstone",
            "tombstone",
            "tombstone",
            "manifest");
    assertThat(assemble(parts)).hasSize(2);
  }

  /** Payloads above 1,000 bytes go to the store; two versions are retained. */
  private PublishPlan storing() {
    return new PublishPlan(
        WireConfig.SINGLE_OBJECT, "model-snapshots", 2, store.toUri().toString(), 1_000, 1);
  }

  private List<String> stored() throws IOException {
    try (Stream<Path> files = Files.list(store)) {
      return files
          .map(file -> file.getFileName().toString().replaceFirst("-[^-]*$", ""))
          .sorted()
          .toList();
    }
  }

  @Test
  void putsLargePayloadsInTheStoreBeforeTheirManifests() throws Exception {
    try (var harness = harness(storing())) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail/ü", 1L, 1_000)), 0);
      assertThat(stored()).isEmpty();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail/ü", 2L, 1_001)), 0);
      assertThat(stored()).containsExactly("mail%2F%C3%BC-v2");
      List<ServingRecord> records = harness.extractOutputValues();
      assertThat(records)
          .extracting(ServingRecord::type)
          .containsExactly("chunk", "manifest", "manifest");
      assertThat(records.get(2).attributes().get("ce_dataref")).startsWith("file:/");
      assertThat(assemble(records))
          .extracting(PublishedVersion::continuity)
          .containsExactly(Continuity.GENESIS, Continuity.CHAINED);
    }
  }

  @Test
  void removesFilesOfRetiredVersionsOnceTheirTombstonesAreCommitted() throws Exception {
    OperatorSubtaskState state;
    try (var harness = harness(storing())) {
      harness.open();
      for (long version = 1; version <= 3; version++) {
        harness.processElement(
            PublishRequest.of(TestSnapshots.candidate("mail", version, 2_000)), 0);
      }
      harness.snapshot(1, 1);
      harness.notifyOfCompletedCheckpoint(1);
      assertThat(stored()).containsExactly("mail-v1", "mail-v2", "mail-v3");
      harness.snapshot(2, 2);
      harness.notifyOfCompletedCheckpoint(2);
      assertThat(stored()).containsExactly("mail-v2", "mail-v3");
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 4L, 2_000)), 0);
      state = harness.snapshot(3, 3);
    }
    try (var harness = harness(storing())) {
      harness.initializeState(state);
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 5L, 10)), 0);
      harness.snapshot(4, 4);
      harness.notifyOfCompletedCheckpoint(4);
      assertThat(stored()).containsExactly("mail-v2", "mail-v3", "mail-v4");
      harness.snapshot(5, 5);
      harness.notifyOfCompletedCheckpoint(5);
      assertThat(stored()).containsExactly("mail-v4");
      assertThat(harness.extractOutputValues())
          .extracting(ServingRecord::type)
          .containsExactly("chunk", "tombstone", "manifest");
    }
  }

  @Test
  void keepsFilesOfRetiredVersionsWhileTheCheckpointWithTheirTombstonesFails() throws Exception {
    try (var harness = harness(storing())) {
      harness.open();
      for (long version = 1; version <= 3; version++) {
        harness.processElement(candidate(version, 2_000), 0);
      }
      harness.snapshot(1, 1);
      harness.snapshot(2, 2);
      harness.notifyOfCompletedCheckpoint(2);
      assertThat(stored())
          .as("the tombstones are committed with checkpoint 2")
          .containsExactly("mail-v1", "mail-v2", "mail-v3");
      harness.snapshot(3, 3);
      harness.notifyOfCompletedCheckpoint(3);
      assertThat(stored()).containsExactly("mail-v2", "mail-v3");
    }
  }

  @Test
  void writesTheSameFileAgainAfterARecovery() throws Exception {
    List<ServingRecord> once;
    try (var harness = harness(storing())) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 1L, 2_000)), 0);
      once = harness.extractOutputValues();
    }
    try (var harness = harness(storing())) {
      harness.open();
      harness.processElement(PublishRequest.of(TestSnapshots.candidate("mail", 1L, 2_000)), 0);
      assertThat(harness.extractOutputValues()).usingRecursiveComparison().isEqualTo(once);
      assertThat(stored()).containsExactly("mail-v1");
    }
  }

  @Test
  void retiresAllThatADeletedAdapterHasAndGoesOnWithTheNextNumber() throws Exception {
    OperatorSubtaskState state;
    List<ServingRecord> records = new ArrayList<>();
    try (var harness = harness(storing())) {
      harness.open();
      for (long version = 1; version <= 3; version++) {
        harness.processElement(candidate(version, version == 2 ? 100 : 2_000), 0);
      }
      harness.processElement(PublishRequest.deletion("mail"), 0);
      harness.processElement(PublishRequest.deletion("mail"), 0);
      harness.processElement(PublishRequest.deletion("news"), 0);
      records.addAll(harness.extractOutputValues());
      state = harness.snapshot(1, 1);
    }
    try (var harness = harness(storing())) {
      harness.initializeState(state);
      harness.open();
      harness.processElement(candidate(4, 2_000), 0);
      records.addAll(harness.extractOutputValues());
      assertThat(assemble(records))
          .extracting(PublishedVersion::continuity)
          .containsExactly(
              Continuity.GENESIS, Continuity.CHAINED, Continuity.CHAINED, Continuity.CHAINED);
      harness.snapshot(2, 2);
      harness.notifyOfCompletedCheckpoint(2);
      harness.snapshot(3, 3);
      harness.notifyOfCompletedCheckpoint(3);
      assertThat(stored()).containsExactly("mail-v4");
    }
    assertThat(keys(records.subList(5, 9)))
        .as("after manifest, chunk and manifest, tombstone and manifest")
        .containsExactly("mail", "mail#2", "mail#2#0", "mail#3");
    assertThat(keys(records.subList(9, 11)))
        .as("said once more by the second command, then the adapter that begins anew")
        .containsExactly("mail", "mail#4");
    assertThat(records.subList(5, 10)).allMatch(record -> record.value() == null);
  }

  @Test
  void retiresAllThatADeletedAdapterHasThoughNothingWasToGo() throws Exception {
    PublishPlan all =
        new PublishPlan(
            WireConfig.SINGLE_OBJECT, "model-snapshots", 0, store.toUri().toString(), 2_000_000, 1);
    try (var harness = harness(all)) {
      harness.open();
      harness.processElement(candidate(1, 10), 0);
      harness.processElement(candidate(2, 1_500_000), 0);
      harness.processElement(candidate(3, 2_500_000), 0);
      int before = harness.extractOutputValues().size();
      harness.processElement(PublishRequest.deletion("mail"), 0);
      harness.processElement(candidate(4, 10), 0);
      List<ServingRecord> after = harness.extractOutputValues();
      assertThat(keys(after.subList(before, after.size())))
          .containsExactly(
              "mail",
              "mail#1",
              "mail#1#0",
              "mail#1#1",
              "mail#2",
              "mail#2#0",
              "mail#2#1",
              "mail#3",
              "mail#3#0",
              "mail#3#1",
              "mail#4#0",
              "mail#4");
      harness.snapshot(1, 1);
      harness.notifyOfCompletedCheckpoint(1);
      harness.snapshot(2, 2);
      harness.notifyOfCompletedCheckpoint(2);
      assertThat(stored()).isEmpty();
    }
  }

  private static PublishRequest candidate(long version, int size) {
    return PublishRequest.of(TestSnapshots.candidate("mail", version, size));
  }

  private static List<String> keys(List<ServingRecord> records) {
    return records.stream().map(record -> new String(record.key(), UTF_8)).toList();
  }

  @Test
  void sendsItsRecordsWithoutKryo() throws Exception {
    ServingRecord tombstone = new ServingRecord(new byte[] {1}, null, 3, "tombstone", 4);
    ServingRecord chunk =
        new ServingRecord(new byte[] {1}, new byte[] {2}, 3, "chunk", 4, Map.of("ce_id", "x"));
    assertThat(roundTrip(ServingRecord.class, tombstone))
        .usingRecursiveComparison()
        .isEqualTo(tombstone);
    assertThat(roundTrip(ServingRecord.class, chunk)).usingRecursiveComparison().isEqualTo(chunk);
    Snapshot candidate = TestSnapshots.candidate("mail", 0L, 5L);
    PublishRequest back = roundTrip(PublishRequest.class, PublishRequest.of(candidate));
    assertThat(back).usingRecursiveComparison().isEqualTo(PublishRequest.of(candidate));
    PublishRequest deletion = PublishRequest.deletion("mail");
    assertThat(roundTrip(PublishRequest.class, deletion)).isEqualTo(deletion);
  }

  private static <T> T roundTrip(Class<T> type, T record) throws Exception {
    Configuration noKryo = new Configuration().set(PipelineOptions.GENERIC_TYPES, false);
    TypeSerializer<T> serializer =
        TypeInformation.of(type).createSerializer(new SerializerConfigImpl(noKryo));
    DataOutputSerializer out = new DataOutputSerializer(64);
    serializer.serialize(record, out);
    return serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
  }
}
