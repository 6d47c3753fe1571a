package dev.reslora.pipeline.live;

import dev.reslora.pipeline.http.Patience;
import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import java.io.IOException;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;

/**
 * Sends figures to every reader when they have changed, and now and then when they have not, for
 * ages on the page pass too. A reader that has not taken the last event gets none until it has: it
 * misses figures, and costs no memory. One that has not taken it for long is sent away, for readers
 * are bounded.
 */
final class LiveEvents implements AutoCloseable {

  private static final int MAX_READERS = 256;
  private static final long LOOK_MILLIS = 500;
  private static final int SILENT_LOOKS = 10;

  private final LongSupplier changes;
  private final Function<@Nullable String, String> figures;
  private final long patientLooks;
  private final Map<ServerSentEventConnection, Reader> readers = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock;

  /** What is known of a connection. */
  private static final class Reader implements ServerSentEventConnection.EventCallback {
    private final @Nullable String adapter;
    private volatile boolean waiting;
    private long sent = -1;
    private int silent;

    Reader(@Nullable String adapter) {
      this.adapter = adapter;
    }

    @Override
    public void done(ServerSentEventConnection connection, String data, String event, String id) {
      waiting = false;
    }

    @Override
    public void failed(
        ServerSentEventConnection connection,
        String data,
        String event,
        String id,
        IOException failure) {
      waiting = false;
    }
  }

  private LiveEvents(
      LongSupplier changes, Function<@Nullable String, String> figures, Patience patience) {
    this.changes = changes;
    this.figures = figures;
    this.patientLooks = patience.limit().toMillis() / LOOK_MILLIS;
    ThreadFactory daemon =
        work -> {
          Thread thread = new Thread(work, "live-events");
          thread.setDaemon(true);
          return thread;
        };
    this.clock = Executors.newSingleThreadScheduledExecutor(daemon);
  }

  /**
   * Starts the clock.
   *
   * @param changes rises when there is something to send
   * @param figures of an adapter that a reader asked for, or of any
   * @param patience with a reader that takes nothing
   */
  static LiveEvents start(
      LongSupplier changes, Function<@Nullable String, String> figures, Patience patience) {
    LiveEvents events = new LiveEvents(changes, figures, patience);
    ScheduledFuture<?> unused =
        events.clock.scheduleWithFixedDelay(
            events::send, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    return events;
  }

  /** Takes readers; {@code ?adapter=ID} chooses what they are sent. */
  HttpHandler handler() {
    return Handlers.serverSentEvents(
        (connection, lastEventId) -> {
          Deque<String> chosen = connection.getQueryParameters().get("adapter");
          if (readers.size() >= MAX_READERS) {
            connection.shutdown();
            return;
          }
          Reader reader = new Reader(chosen == null ? null : chosen.peekFirst());
          readers.put(connection, reader);
          connection.addCloseTask(readers::remove);
        });
  }

  private void send() {
    readers.forEach(this::send);
  }

  private void send(ServerSentEventConnection connection, Reader reader) {
    long now = changes.getAsLong();
    reader.silent++;
    if (reader.waiting && reader.silent > patientLooks) {
      IoUtils.safeClose(connection);
    }
    if (reader.waiting || (now == reader.sent && reader.silent < SILENT_LOOKS)) {
      return;
    }
    reader.waiting = true;
    reader.sent = now;
    reader.silent = 0;
    connection.send(figures.apply(reader.adapter), reader);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    readers.keySet().forEach(ServerSentEventConnection::shutdown);
  }
}
