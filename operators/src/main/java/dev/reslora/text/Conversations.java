package dev.reslora.text;

import dev.reslora.model.ModelFileException;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The form of a model's conversations, where it has one that is known here. Without one other
 * payloads are encoded all the same, and each conversation is refused with the reason.
 *
 * @param whyNot why there is none; empty where there is
 */
record Conversations(@Nullable ChatTemplate known, String whyNot) {

  private static final Logger LOG = LoggerFactory.getLogger(Conversations.class);

  static Conversations open(Path modelDirectory) throws IOException {
    try {
      return ChatTemplate.open(modelDirectory)
          .map(template -> new Conversations(template, ""))
          .orElseGet(
              () -> new Conversations(null, "the base model's directory has no chat template"));
    } catch (ModelFileException e) {
      LOG.warn("Conversations will be rejected: {}", e.getMessage());
      return new Conversations(null, String.valueOf(e.getMessage()));
    }
  }

  ChatTemplate template() throws RejectedException {
    if (known == null) {
      throw new RejectedException(
          RejectionReason.UNSUPPORTED_PAYLOAD, "payload: " + whyNot + ", found ChatMessages");
    }
    return known;
  }
}
