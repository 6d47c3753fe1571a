package dev.reslora.pipeline.bench;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The stream of a chaos run, in rounds: a full micro-batch for each adapter, in turns, and among
 * them records that every stage has to refuse, and commands. Remembers what each record was and
 * where the broker put it, so that the account does not rest on the job's own reading.
 */
final class ChaosFeed implements AutoCloseable {

  static final List<String> ADAPTERS = List.of("chaos-1", "chaos-2", "chaos-3");

  /** The command that the last snapshots name as their trigger. */
  static final String END = "end-of-stream";

  /** Examples of a micro-batch. */
  static final int BATCH = 8;

  /** An adapter that may not train. */
  private static final String STRANGER = "stranger";

  private static final int LONGEST_NOISE = 40;

  /** What is to become of a record. */
  enum Kind {
    TRAINED,
    /** By train: the adapter is paused. */
    REFUSED_PAUSED,
    /** By tokenize: the adapter may not train. */
    REFUSED_STRANGER,
    /** By decode: noise. */
    REFUSED_MALFORMED,
    COMMAND;

    boolean refused() {
      return this != TRAINED && this != COMMAND;
    }
  }

  /** A record on the training topic. */
  record Sent(String adapterId, Kind kind, int partition, long offset) {}

  private record Pending(String adapterId, Kind kind, Future<RecordMetadata> place) {}

  private final String topic;
  private final KafkaProducer<String, byte[]> producer;
  private final AvroEncoder<TrainingExample> examples =
      AvroEncoder.singleObject(TrainingExample.class);
  private final AvroEncoder<AdapterControl> controls =
      AvroEncoder.singleObject(AdapterControl.class);
  private final SpeechExamples speeches;
  private final SplittableRandom random;
  private final List<Pending> pending = new ArrayList<>();
  private final List<Sent> sent = new ArrayList<>();
  private int rounds;
  private long toTrain;
  private boolean ended;

  ChaosFeed(String bootstrapServers, String topic, long seed) throws IOException {
    this.topic = topic;
    this.random = new SplittableRandom(seed);
    this.speeches = new SpeechExamples(SpeechExamples.WORDS);
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers, "acks", "all", "enable.idempotence", true),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /** Sends the next round. */
  void round() throws IOException, InterruptedException {
    int round = rounds++;
    for (int i = 0; i < BATCH; i++) {
      for (String adapterId : ADAPTERS) {
        send(adapterId, Kind.TRAINED, example(adapterId));
      }
      if (i == BATCH / 2) {
        disturb(round);
      }
    }
    flush();
  }

  /** In the middle of everyone's micro-batch. */
  private void disturb(int round) {
    String adapterId = ADAPTERS.get(round % ADAPTERS.size());
    byte[] noise = new byte[random.nextInt(LONGEST_NOISE)];
    random.nextBytes(noise);
    send(adapterId, Kind.REFUSED_MALFORMED, noise);
    if (round % 2 == 0) {
      send(STRANGER, Kind.REFUSED_STRANGER, example(STRANGER));
    } else {
      send(adapterId, Kind.COMMAND, command(adapterId, AdapterCommand.PAUSE, "pause"));
      send(adapterId, Kind.REFUSED_PAUSED, example(adapterId));
      send(adapterId, Kind.COMMAND, command(adapterId, AdapterCommand.RESUME, "resume"));
    }
  }

  /** Asks every adapter for its last snapshot. */
  void end() throws IOException, InterruptedException {
    for (String adapterId : ADAPTERS) {
      send(adapterId, Kind.COMMAND, command(adapterId, AdapterCommand.PUBLISH, END));
    }
    flush();
    ended = true;
  }

  /** Whether there will be no further round. */
  boolean ended() {
    return ended;
  }

  private byte[] example(String adapterId) {
    return examples.encode(speeches.next(adapterId));
  }

  private byte[] command(String adapterId, AdapterCommand command, String id) {
    return controls.encode(
        AdapterControl.newBuilder()
            .setAdapterId(adapterId)
            .setCommandId(id)
            .setEventTime(speeches.time())
            .setCommand(command)
            .build());
  }

  private void send(String adapterId, Kind kind, byte[] value) {
    pending.add(
        new Pending(adapterId, kind, producer.send(new ProducerRecord<>(topic, adapterId, value))));
  }

  private void flush() throws IOException, InterruptedException {
    producer.flush();
    for (Pending each : pending) {
      try {
        RecordMetadata place = each.place.get();
        sent.add(new Sent(each.adapterId, each.kind, place.partition(), place.offset()));
      } catch (ExecutionException e) {
        throw new IOException("sending to " + topic + " failed: " + e.getCause(), e);
      }
    }
    toTrain += pending.stream().filter(each -> each.kind == Kind.TRAINED).count();
    pending.clear();
  }

  /** Examples sent that are to be trained. */
  long toTrain() {
    return toTrain;
  }

  /** Every record sent, in order. */
  List<Sent> sent() {
    return List.copyOf(sent);
  }

  @Override
  public void close() {
    producer.close();
  }
}
