package dev.reslora.operator;

import dev.reslora.schema.Samples;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Random and mutated records of the training topic; the same in every run. */
public final class FuzzedRecords {

  /** Key of the records that are mutated. */
  public static final byte[] KEY = "mail".getBytes(StandardCharsets.UTF_8);

  private final SplittableRandom random = new SplittableRandom(20_251);
  private final List<byte[]> seeds;

  /**
   * @param seeds valid values, see {@link #seeds}
   */
  public FuzzedRecords(List<byte[]> seeds) {
    this.seeds = seeds;
  }

  /** A record. */
  public record Fuzzed(byte @Nullable [] key, byte @Nullable [] value) {}

  /** Valid values of every kind. */
  public static List<byte[]> seeds(WireConfig wire) throws IOException {
    var examples = wire.encoder(TrainingExample.class, "training", SubjectNaming.TOPIC_AND_RECORD);
    var controls = wire.encoder(AdapterControl.class, "training", SubjectNaming.TOPIC_AND_RECORD);
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(controls.encode(Samples.control()));
    for (Object payload :
        List.of(
            Samples.example().getPayload(),
            new TextPair("one", "two", "same"),
            new PromptCompletion("2 + 2 =", "4"),
            new PlainText("text ".repeat(100)),
            new ChatMessages(
                List.of(new ChatMessage("user", "2 + 2?"), new ChatMessage("assistant", "4"))))) {
      TrainingExample example = Samples.example();
      example.setPayload(payload);
      seeds.add(examples.encode(example));
    }
    return seeds;
  }

  public Fuzzed next() {
    byte @Nullable [] value = value();
    return new Fuzzed(key(), value);
  }

  private byte @Nullable [] key() {
    int kind = random.nextInt(10);
    if (kind == 0) {
      return null;
    }
    return kind == 1 ? bytes(random.nextInt(300)) : KEY;
  }

  private byte @Nullable [] value() {
    int kind = random.nextInt(100);
    if (kind == 0) {
      return null;
    }
    if (kind < 5) {
      return bytes(random.nextInt(3_000));
    }
    byte[] value = seeds.get(random.nextInt(seeds.size())).clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      value = mutate(value);
    }
    return value;
  }

  private byte[] mutate(byte[] value) {
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
}
