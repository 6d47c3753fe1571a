package dev.reslora.serving.refresh;

import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.serving.refresh.VersionDirectory.Current;
import dev.reslora.serving.refresh.WantedVersions.Wanted;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the current version of every adapter into service on a group of servers: all of them, or
 * none. Each attempt loads the version everywhere under a name of its own, beside the one in
 * service; when all have it, link, file and report name it, and the old one is unloaded after a
 * grace period. When one does not, those that took it let it go, the old one stays in service
 * everywhere, and the attempt is repeated after a pause. Versions that others overtake meanwhile
 * are skipped. A version that cannot be written to the directory has failed like any other.
 *
 * <p>Servers that lost what is in service, by a restart, are given it again. One agent at a time
 * may use a directory. Fed by a {@link dev.reslora.serving.SnapshotSubscriber}; works on a thread
 * of its own.
 */
public final class RefreshAgent implements SnapshotListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RefreshAgent.class);
  private static final int UNLOAD_ATTEMPTS = 5;

  private final RefreshConfig config;
  private final List<RefreshServer> servers;
  private final RefreshListener listener;
  private final VersionDirectory directory;
  private final ScheduledExecutorService thread;

  private final WantedVersions wanted;
  private volatile boolean begun;

  // Of the agent's thread alone.
  private final Retries retries;
  private final Set<Loaded> leaving = new HashSet<>();

  /** What a server has, or may have, and is to let go. */
  private record Loaded(RefreshServer server, String adapterId, long version, String name) {

    boolean is(RefreshServer other, String named) {
      return server == other && name.equals(named);
    }
  }

  /**
   * Asks no server yet.
   *
   * @throws IOException when the directory cannot be made
   */
  public RefreshAgent(RefreshConfig config, List<RefreshServer> servers, RefreshListener listener)
      throws IOException {
    this.config = config;
    this.servers = List.copyOf(servers);
    this.listener = listener;
    this.directory = new VersionDirectory(config.directory());
    this.wanted = new WantedVersions(directory);
    this.retries = new Retries(config.pause(), config.longestPause());
    this.thread =
        Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "refresh-agent"));
  }

  /**
   * The topic as it was at the start is read: what is current now is to be served, and what is gone
   * now to be withdrawn. Before, a record tells only what was once: an adapter's tombstone may
   * precede the versions with which it began anew.
   */
  public void begin() {
    begun = true;
    wanted.adapters().forEach(this::changed);
    wanted.gone().forEach(this::changed);
    long check = config.check().toMillis();
    var unused =
        thread.scheduleWithFixedDelay(
            () -> guarded("what servers have lost", all -> check()),
            0,
            check,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void published(PublishedVersion version) {
    wanted.published(version);
    changed(version.adapterId());
  }

  @Override
  public void announced(SnapshotAnnouncement announcement) {
    wanted.announced(announcement);
    changed(announcement.getAdapterId());
  }

  @Override
  public void retired(String adapterId, long version) {
    wanted.retired(adapterId, version);
    changed(adapterId);
  }

  @Override
  public void retired(String adapterId) {
    wanted.retired(adapterId);
    changed(adapterId);
  }

  private void changed(String adapterId) {
    if (begun) {
      later(Duration.ZERO, adapterId, this::settle);
    }
  }

  /** Work on an adapter. */
  private interface Work {
    void on(String adapterId) throws IOException;
  }

  private void later(Duration pause, String adapterId, Work work) {
    try {
      var unused =
          thread.schedule(() -> guarded(adapterId, work), pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("Closing", e);
    }
  }

  private static void guarded(String adapterId, Work work) {
    try {
      work.on(adapterId);
    } catch (IOException | RuntimeException e) {
      LOG.error("Refreshing {} failed", adapterId, e);
    }
  }

  /** Does what is wanted now, whatever was when this was asked for. */
  private void settle(String adapterId) throws IOException {
    Wanted version = wanted.of(adapterId);
    if (version != null) {
      serve(adapterId, version);
    } else if (wanted.gone().contains(adapterId)) {
      withdraw(adapterId);
    }
  }

  private void serve(String adapterId, Wanted version) throws IOException {
    if (retries.tooEarly(adapterId, version)) {
      return;
    }
    Current before;
    Current current;
    try {
      wanted.write(adapterId, version);
      before = directory.current(adapterId);
      if (before.digest().equals(version.digest())) {
        return;
      }
      current = load(adapterId, version, before);
    } catch (IOException | RefusedRequestException e) {
      failed(adapterId, version, why(e));
      return;
    }
    served(adapterId, version, before, current);
  }

  /** Loads a version on all servers and writes that down, or leaves everything as it was before. */
  private Current load(String adapterId, Wanted version, Current before) throws IOException {
    Current trying = before.trying(version.version());
    // Written down first: after a crash the next attempt has another name.
    directory.set(adapterId, trying);
    Path path = directory.of(adapterId, version.version());
    boolean repeats = trying.repeats() > before.repeats();
    String name = path.getFileName() + (repeats ? "-r" + trying.repeats() : "");
    Current serving = trying.serving(version.version(), name, version.digest());
    try {
      Map<RefreshServer, String> failures = all(server -> server.load(name, path));
      if (!failures.isEmpty()) {
        throw new RefusedRequestException(text(failures));
      }
      directory.set(adapterId, serving);
      return serving;
    } catch (IOException | RefusedRequestException e) {
      // A server that did not answer in time may have loaded it all the same.
      leave(adapterId, serving, Duration.ZERO);
      throw e;
    }
  }

  private void served(String adapterId, Wanted version, Current before, Current current)
      throws IOException {
    int attempt = retries.attempt(adapterId, version);
    retries.forget(adapterId);
    if (before.version() > 0) {
      leave(adapterId, before, config.grace());
    }
    report(
        about(adapterId, version, current)
            .setOutcome(RefreshOutcome.SERVED)
            .setAttempt(attempt)
            .setMessage("on all servers"));
    prune(adapterId);
  }

  private void failed(String adapterId, Wanted version, String why) {
    int attempt = retries.attempt(adapterId, version);
    later(retries.failed(adapterId, version), adapterId, this::settle);
    Current current;
    try {
      current = directory.current(adapterId);
    } catch (IOException e) {
      // That is why it failed. Servers keep what they have, which nobody can name now.
      current = Current.NONE;
    }
    report(
        about(adapterId, version, current)
            .setOutcome(RefreshOutcome.FAILED)
            .setAttempt(attempt)
            .setMessage(why));
  }

  private static String text(Map<RefreshServer, String> failures) {
    List<String> lines = new ArrayList<>();
    failures.forEach((server, why) -> lines.add(server.label() + ": " + why));
    return String.join("; ", lines);
  }

  /** Asks every server once what it has, and puts right what is not as it should be. */
  private void check() {
    // Those whose withdrawal failed.
    wanted.gone().forEach(id -> guarded(id, this::settle));
    if (wanted.adapters().isEmpty()) {
      return;
    }
    Map<RefreshServer, Set<String>> known = new ConcurrentHashMap<>();
    Map<RefreshServer, String> silent =
        all(
            server ->
                server
                    .loaded()
                    .thenAccept(names -> names.ifPresent(all -> known.put(server, all))));
    if (!silent.isEmpty()) {
      LOG.warn("Not known what they have: {}", text(silent));
    }
    wanted.adapters().forEach(id -> guarded(id, adapterId -> restore(adapterId, known)));
  }

  /** Gives what is in service to servers that do not have it any more, and takes what is left. */
  private void restore(String adapterId, Map<RefreshServer, Set<String>> known) throws IOException {
    Current current = directory.current(adapterId);
    known.forEach(
        (server, names) -> {
          if (current.version() > 0 && !names.contains(current.name())) {
            load(server, adapterId, current);
          }
          names.stream()
              .filter(name -> VersionDirectory.names(adapterId).matcher(name).matches())
              .filter(name -> !name.equals(current.name()))
              .filter(name -> leaving.stream().noneMatch(l -> l.is(server, name)))
              .forEach(name -> leave(new Loaded(server, adapterId, 0, name), config.grace(), 1));
        });
  }

  private void load(RefreshServer server, String adapterId, Current current) {
    Path path = directory.of(adapterId, current.version());
    String why = outcome(server.load(current.name(), path));
    LOG.info("{} had lost {}: {}", server.label(), current.name(), why.isEmpty() ? "loaded" : why);
  }

  private void withdraw(String adapterId) throws IOException {
    Current current = directory.current(adapterId);
    directory.forget(adapterId);
    retries.forget(adapterId);
    if (current.version() > 0) {
      leave(adapterId, current, config.grace());
      Wanted gone = new Wanted(current.version(), current.digest());
      report(
          about(adapterId, gone, Current.NONE)
              .setOutcome(RefreshOutcome.WITHDRAWN)
              .setAttempt(1)
              .setMessage("the adapter is gone from the topic"));
    }
    wanted.gone().remove(adapterId);
  }

  private void leave(String adapterId, Current current, Duration grace) {
    for (RefreshServer server : servers) {
      leave(new Loaded(server, adapterId, current.version(), current.name()), grace, 1);
    }
  }

  private void leave(Loaded loaded, Duration grace, int attempt) {
    leaving.add(loaded);
    later(
        grace,
        loaded.adapterId,
        adapterId -> {
          String why = unload(loaded);
          if (!why.isEmpty() && attempt < UNLOAD_ATTEMPTS) {
            leave(loaded, config.pause(), attempt + 1);
            return;
          }
          if (!why.isEmpty()) {
            LOG.warn("{} keeps {}: {}", loaded.server.label(), loaded.name, why);
          }
          leaving.remove(loaded);
          prune(adapterId);
        });
  }

  /** Unless it came into service again meanwhile; why it failed, empty if it did not. */
  private String unload(Loaded loaded) {
    try {
      return directory.current(loaded.adapterId).name().equals(loaded.name)
          ? ""
          : outcome(loaded.server.unload(loaded.name));
    } catch (IOException e) {
      return why(e);
    }
  }

  private void prune(String adapterId) throws IOException {
    Set<Long> keep = new HashSet<>();
    keep.add(directory.current(adapterId).version());
    leaving.stream()
        .filter(loaded -> loaded.adapterId.equals(adapterId))
        .forEach(loaded -> keep.add(loaded.version));
    Wanted version = wanted.of(adapterId);
    if (version != null) {
      keep.add(version.version());
    }
    directory.prune(adapterId, version == null ? 0 : config.kept(), keep);
  }

  /** Asks all servers at once and waits; why each failed that did. */
  private Map<RefreshServer, String> all(Function<RefreshServer, CompletableFuture<Void>> call) {
    List<CompletableFuture<Void>> calls = new ArrayList<>();
    servers.forEach(server -> calls.add(call.apply(server)));
    Map<RefreshServer, String> failures = new HashMap<>();
    for (int i = 0; i < calls.size(); i++) {
      String why = outcome(calls.get(i));
      if (!why.isEmpty()) {
        failures.put(servers.get(i), why);
      }
    }
    return failures;
  }

  /** Why it failed; empty if it did not. */
  private static String outcome(CompletableFuture<Void> call) {
    try {
      call.join();
      return "";
    } catch (CompletionException e) {
      return why(Optional.ofNullable(e.getCause()).orElse(e));
    }
  }

  private static String why(Throwable fault) {
    return fault instanceof RefusedRequestException
        ? String.valueOf(fault.getMessage())
        : fault.toString();
  }

  /** What there is to say of a version besides what came of it. */
  private static RefreshReport.Builder about(String adapterId, Wanted version, Current current) {
    return RefreshReport.newBuilder()
        .setAdapterId(adapterId)
        .setVersion(version.version())
        .setDigest(version.digest())
        .setServedAs(current.name())
        .setServedVersion(current.version());
  }

  private void report(RefreshReport.Builder report) {
    listener.reported(
        report
            .setAgent(config.agent())
            .setServers(servers.stream().map(RefreshServer::label).toList())
            .setEventTime(Instant.now().truncatedTo(ChronoUnit.MILLIS))
            .build());
  }

  /** Ends after the attempt under way; servers keep what they have. */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        LOG.warn("An attempt is still under way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
