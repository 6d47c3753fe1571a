package dev.reslora.pipeline;

/** Kafka has not what the job needs, or does not let it; the message is one sentence. */
public final class KafkaRefusesException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  KafkaRefusesException(KafkaFindings findings) {
    super(findings.sentence());
  }
}
