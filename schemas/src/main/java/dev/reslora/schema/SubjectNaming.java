package dev.reslora.schema;

import org.apache.avro.Schema;

/** Under which name of the registry a topic's schema is kept. */
public enum SubjectNaming {
  /** {@code <topic>-value}, for a topic of one record type. */
  TOPIC {
    @Override
    String subject(String topic, Schema schema) {
      return topic + "-value";
    }
  },
  /** {@code <topic>-<record's full name>}, for a topic of several record types. */
  TOPIC_AND_RECORD {
    @Override
    String subject(String topic, Schema schema) {
      return topic + "-" + schema.getFullName();
    }
  };

  abstract String subject(String topic, Schema schema);
}
