package dev.reslora.schema;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A response body as bytes, cancelled as soon as it is larger than the limit. */
final class LimitedBody implements BodySubscriber<byte[]> {

  private final BodySubscriber<byte[]> body = BodySubscribers.ofByteArray();
  private final int limit;
  private long received;
  private Flow.@Nullable Subscription subscription;

  LimitedBody(int limit) {
    this.limit = limit;
  }

  @Override
  public void onSubscribe(Flow.Subscription arriving) {
    subscription = arriving;
    body.onSubscribe(arriving);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    received += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
    if (received <= limit) {
      body.onNext(buffers);
    } else if (subscription != null) {
      subscription.cancel();
      subscription = null;
      body.onError(new IOException("the answer is larger than " + limit + " bytes"));
    }
  }

  @Override
  public void onError(Throwable fault) {
    body.onError(fault);
  }

  @Override
  public void onComplete() {
    body.onComplete();
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return body.getBody();
  }
}
