package dev.reslora.operator;

import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Header;

/**
 * Events of the train stage on the metrics topic, keyed by adapter id. The topic's own subject is
 * the step reports'; events have theirs.
 */
public final class AdapterEventSchema extends AvroTopicSchema<AdapterEvent> {

  private static final long serialVersionUID = 1L;

  public AdapterEventSchema(String topic, WireConfig wire) {
    super(AdapterEvent.class, topic, wire, SubjectNaming.TOPIC_AND_RECORD);
  }

  @Override
  byte[] key(AdapterEvent event) {
    return event.getAdapterId().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  Iterable<Header> headers(AdapterEvent event) {
    return List.of();
  }
}
