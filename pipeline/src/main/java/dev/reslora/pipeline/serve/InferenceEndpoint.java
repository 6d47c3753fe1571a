package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.OverloadedException;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.text.TokenizedText;
import io.undertow.server.HttpServerExchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Classifies or embeds texts in batches, which it awaits without holding a thread. */
record InferenceEndpoint(
    InferenceTask task, ServedModel model, DynamicBatcher batcher, int clientBatch)
    implements Endpoint {

  @Override
  public Call read(byte[] body) throws BadRequestException {
    InferenceRequest request = InferenceRequest.parse(body, clientBatch);
    return (exchange, lease) -> submit(exchange, lease, request);
  }

  private void submit(HttpServerExchange exchange, Lease lease, InferenceRequest request)
      throws BadRequestException, OverloadedException {
    SnapshotManifest version = lease.version().manifest();
    List<TokenizedText> texts = texts(lease, request);
    CompletableFuture<@Nullable Void> unused =
        batcher
            .submit(lease, texts)
            .thenAcceptAsync(
                answers ->
                    Responses.json(exchange, version, task.response(version, texts, answers)),
                exchange.getConnection().getWorker())
            .exceptionally(
                failure -> {
                  Responses.failed(exchange, failure);
                  return null;
                });
  }

  private List<TokenizedText> texts(Lease lease, InferenceRequest request)
      throws BadRequestException {
    try {
      if (lease.version().completes()) {
        throw new BadRequestException("a language model completes, it classifies nothing");
      }
      List<TokenizedText> texts = new ArrayList<>();
      for (InferenceRequest.Input input : request.inputs()) {
        texts.add(model.encode(input.text(), input.pair()));
      }
      return texts;
    } catch (BadRequestException | RuntimeException e) {
      lease.close();
      throw e;
    }
  }
}
