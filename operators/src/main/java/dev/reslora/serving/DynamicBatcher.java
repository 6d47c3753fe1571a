package dev.reslora.serving;

import dev.reslora.nn.Torch;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.text.TokenizedText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * Answers requests in batches: the oldest request and those for the same version that came after
 * it, up to so many tokens, as soon as they are that many or the oldest has waited its time. Lets
 * in a bounded number of requests. Every request is answered by the one version that it holds.
 */
public final class DynamicBatcher implements AutoCloseable {

  private static final Duration LEAST_RETRY = Duration.ofSeconds(1);
  private static final Duration MOST_RETRY = Duration.ofSeconds(60);

  private final Limits limits;
  private final Listener listener;
  private final List<Thread> threads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private int requests;
  private long tokens;
  private double tokensPerSecond;
  private boolean hurrying;
  private boolean closing;

  /**
   * What is let in, and what goes together.
   *
   * @param requests most requests that wait or are being answered
   * @param tokens most tokens of a forward pass, unless a single text has more
   * @param delay how long a request waits for others to join it
   * @param threads forward passes at a time
   */
  public record Limits(int requests, int tokens, Duration delay, int threads) {

    public Limits {
      atLeast("requests", requests, 1);
      atLeast("tokens", tokens, 1);
      atLeast("threads", threads, 1);
      atLeast("delay", delay.toMillis(), 0);
    }

    private static void atLeast(String name, long value, long least) {
      if (value < least) {
        throw new IllegalArgumentException(
            name + ": expected at least " + least + ", found " + value);
      }
    }
  }

  /** Told of every batch, on the thread that ran it. */
  @FunctionalInterface
  public interface Listener {
    void ran(int requests, int tokens, Duration time);
  }

  private record Waiting(
      Lease lease,
      List<TokenizedText> texts,
      int tokens,
      long sinceNanos,
      CompletableFuture<List<Answer>> answer) {}

  private DynamicBatcher(Limits limits, Listener listener) {
    this.limits = limits;
    this.listener = listener;
    this.threads =
        IntStream.range(0, limits.threads)
            .mapToObj(number -> new Thread(this::run, "batcher-" + number))
            .toList();
  }

  /** Starts its threads. */
  public static DynamicBatcher start(Limits limits, Listener listener) {
    DynamicBatcher batcher = new DynamicBatcher(limits, listener);
    batcher.threads.forEach(Thread::start);
    return batcher;
  }

  /**
   * Takes a request in.
   *
   * @param lease of the version that is to answer; closed here, also when the request is refused
   * @param texts at least one
   * @return the answers in order, completed on a thread of this batcher: leave it soon
   * @throws OverloadedException when there are as many requests as are let in
   */
  public CompletableFuture<List<Answer>> submit(Lease lease, List<TokenizedText> texts)
      throws OverloadedException {
    int size = texts.stream().mapToInt(text -> text.tokens().length).sum();
    Waiting request = new Waiting(lease, texts, size, System.nanoTime(), new CompletableFuture<>());
    lock.lock();
    try {
      if (closing || requests >= limits.requests) {
        lease.close();
        String why = closing ? "no more are let in" : "there are " + requests + " requests already";
        throw new OverloadedException(why, retryAfter());
      }
      requests++;
      tokens += size;
      queue.addLast(request);
      changed.signalAll();
      return request.answer;
    } finally {
      lock.unlock();
    }
  }

  private Duration retryAfter() {
    if (tokensPerSecond == 0) {
      return LEAST_RETRY;
    }
    long seconds = (long) Math.ceil(tokens / (tokensPerSecond * limits.threads));
    return Duration.ofSeconds(
        Math.min(MOST_RETRY.toSeconds(), Math.max(LEAST_RETRY.toSeconds(), seconds)));
  }

  /** Requests that wait or are being answered. */
  public int requests() {
    lock.lock();
    try {
      return requests;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    // Parallel by requests: more threads to a pass slow each other down.
    Torch.useThreads(1);
    try {
      for (List<Waiting> batch = next(); !batch.isEmpty(); batch = next()) {
        answer(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next batch; empty when closing and nothing waits. */
  private List<Waiting> next() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        Waiting oldest = queue.peekFirst();
        if (oldest == null) {
          if (closing) {
            return List.of();
          }
          changed.await();
          continue;
        }
        long left = oldest.sinceNanos + limits.delay.toNanos() - System.nanoTime();
        if (hurrying || left <= 0 || waitingFor(oldest) >= limits.tokens) {
          return take(oldest);
        }
        long unused = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private long waitingFor(Waiting oldest) {
    long sum = 0;
    for (Waiting request : queue) {
      sum += joins(request, oldest) ? request.tokens : 0;
    }
    return sum;
  }

  private static boolean joins(Waiting request, Waiting oldest) {
    return request.lease.version() == oldest.lease.version();
  }

  private List<Waiting> take(Waiting oldest) {
    List<Waiting> batch = new ArrayList<>();
    long size = 0;
    for (Iterator<Waiting> waiting = queue.iterator(); waiting.hasNext(); ) {
      Waiting request = waiting.next();
      if (!joins(request, oldest)) {
        continue;
      }
      if (!batch.isEmpty() && size + request.tokens > limits.tokens) {
        break;
      }
      size += request.tokens;
      batch.add(request);
      waiting.remove();
    }
    return batch;
  }

  private void answer(List<Waiting> batch) {
    int size = batch.stream().mapToInt(Waiting::tokens).sum();
    List<Answer> answers = List.of();
    Throwable failure = null;
    long before = System.nanoTime();
    try {
      answers = passes(batch);
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    long nanos = System.nanoTime() - before;
    // First the room, then the answers: who has one may ask again.
    batch.forEach(request -> request.lease.close());
    done(batch.size(), size, nanos);
    listener.ran(batch.size(), size, Duration.ofNanos(nanos));
    int at = 0;
    for (Waiting request : batch) {
      if (failure != null) {
        request.answer.completeExceptionally(failure);
      } else {
        request.answer.complete(answers.subList(at, at + request.texts.size()));
        at += request.texts.size();
      }
    }
  }

  /** One forward pass, or more where a request alone has too many tokens for one. */
  private List<Answer> passes(List<Waiting> batch) {
    ServedVersion version = batch.get(0).lease.version();
    List<Answer> answers = new ArrayList<>();
    List<TokenizedText> pass = new ArrayList<>();
    int size = 0;
    for (Waiting request : batch) {
      for (TokenizedText text : request.texts) {
        if (!pass.isEmpty() && size + text.tokens().length > limits.tokens) {
          answers.addAll(version.answer(pass));
          pass.clear();
          size = 0;
        }
        pass.add(text);
        size += text.tokens().length;
      }
    }
    answers.addAll(version.answer(pass));
    return answers;
  }

  private void done(int count, int size, long nanos) {
    double rate = 1e9 * size / nanos;
    lock.lock();
    try {
      requests -= count;
      tokens -= size;
      tokensPerSecond = tokensPerSecond == 0 ? rate : 0.9 * tokensPerSecond + 0.1 * rate;
    } finally {
      lock.unlock();
    }
  }

  /** From here on no request waits for others to join it. */
  public void hurry() {
    lock.lock();
    try {
      hurrying = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets nothing more in, answers what waits, and ends. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      hurrying = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
