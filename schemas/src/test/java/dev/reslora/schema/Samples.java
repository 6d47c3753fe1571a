package dev.reslora.schema;

import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.schema.avro.TrainingExample;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;

/** One record of every type of every topic; always the same. */
public final class Samples {

  private static final Instant TIME = Instant.parse("2002-08-22T12:36:23.500Z");

  private Samples() {}

  /** All of them: the types that have released schemas and recorded bytes. */
  static List<SpecificRecordBase> all() {
    return List.of(
        example(),
        control(),
        rejected(),
        report(),
        event(),
        chunk(),
        manifest(),
        announcement(),
        refresh());
  }

  public static TrainingExample example() {
    return TrainingExample.newBuilder()
        .setAdapterId("mail")
        .setExampleId("00001.7c53336b37003a9286aba55d2945844c")
        .setEventTime(TIME)
        .setPayload(new LabeledText("Grüße: is exmh slow today?", "exmh"))
        .setWeight(0.5f)
        .build();
  }

  public static AdapterControl control() {
    return new AdapterControl("mail", "c-1", TIME, AdapterCommand.PUBLISH, null, Map.of());
  }

  public static RejectedRecord rejected() {
    return RejectedRecord.newBuilder()
        .setTopic("training-examples")
        .setPartition(3)
        .setOffset(41)
        .setTimestamp(TIME.toEpochMilli())
        .setAdapterId("mail")
        .setStage("decode")
        .setReason(RejectionReason.INVALID_FIELD)
        .setMessage("weight: expected a finite number of at least 0, found NaN")
        .setKey(ByteBuffer.wrap(new byte[] {'m', 'a', 'i', 'l'}))
        .setValue(ByteBuffer.wrap(new byte[] {1, 2, 3}))
        .setValueSize(300)
        .build();
  }

  public static StepReport report() {
    return StepReport.newBuilder()
        .setAdapterId("mail")
        .setStep(7)
        .setExamples(16)
        .setTokens(900)
        .setTotalExamples(112)
        .setEventTime(TIME)
        .setLoss(0.75)
        .setCorrect(12.0)
        .setGradientNorm(1.5)
        .setLearningRate(1e-3)
        .setLabels(4)
        .setOutcome(StepOutcome.TRAINED)
        .setOffsets(List.of(new OffsetRange("training-examples", 3, 96L, 112L)))
        .build();
  }

  public static AdapterEvent event() {
    return AdapterEvent.newBuilder()
        .setAdapterId("mail")
        .setKind(AdapterEventKind.CANDIDATE_HELD)
        .setStep(7)
        .setTotalExamples(112)
        .setEventTime(TIME)
        .setCause("steps")
        .setMessage("held: holdout evidence")
        .setCriteria(List.of(new Criterion("holdout evidence", 1.5, 2.99, false)))
        .build();
  }

  public static SnapshotChunk chunk() {
    return new SnapshotChunk("mail", 2L, 0, 1, ByteBuffer.wrap(new byte[] {5, 6, 7, 8}));
  }

  public static SnapshotAnnouncement announcement() {
    return new SnapshotAnnouncement("mail", 1L, "a1".repeat(32), true, TIME, "version 2 is wrong");
  }

  public static RefreshReport refresh() {
    return new RefreshReport(
        "mail",
        2L,
        "b2".repeat(32),
        RefreshOutcome.FAILED,
        "mail-v1",
        1L,
        "refresh",
        List.of("vllm http://a:8000", "vllm http://b:8000"),
        1,
        "vllm http://b:8000: answered 500 to /v1/load_lora_adapter",
        TIME);
  }

  public static SnapshotManifest manifest() {
    return SnapshotManifest.newBuilder()
        .setAdapterId("mail")
        .setVersion(2)
        .setParentDigest("a1".repeat(32))
        .setDigest("b2".repeat(32))
        .setFormat("peft")
        .setBaseModel("all-minilm-l6-v2")
        .setBaseModelDigest("c3".repeat(32))
        .setConfigDigest("d4".repeat(32))
        .setCodeVersion("0.1.0")
        .setStep(14)
        .setTotalExamples(224)
        .setExamplesTrained(112)
        .setExamplesSkipped(1)
        .setOffsets(List.of(new OffsetRange("training-examples", 3, 112L, 225L)))
        .setEventTime(TIME)
        .setTrigger("steps")
        .setShortcut("block")
        .setLabels(List.of("exmh", "ilug"))
        .setFidelity(new MergeFidelity("exact", 16, 900, 1e-7, 1.0, 2e-8, 1e-6))
        .setFiles(List.of(new SnapshotFile("adapter_model.safetensors", 4L, "e5".repeat(32))))
        .setChunkCount(1)
        .setPayloadSize(4)
        .build();
  }
}
