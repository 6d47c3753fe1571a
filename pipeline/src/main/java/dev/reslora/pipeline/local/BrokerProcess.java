package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A {@link LocalBroker} as a child process on this process's class path. It is ended with this
 * object, and ends by itself when this process dies, kill -9 included.
 */
public final class BrokerProcess implements AutoCloseable {

  private final Process process;
  private final String bootstrapServers;

  private BrokerProcess(Process process, String bootstrapServers) {
    this.process = process;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Starts a broker and waits until it answers.
   *
   * @param directory the broker's own; what it holds is kept
   * @param log where the process writes
   */
  public static BrokerProcess start(Path directory, Path log) {
    int port = LocalBroker.freePort();
    Process process;
    try {
      Files.createDirectories(directory);
      process = command(directory, port, log, ProcessHandle.current().pid()).start();
    } catch (IOException e) {
      throw new UncheckedIOException("the broker's process could not be started", e);
    }
    BrokerProcess broker = new BrokerProcess(process, "127.0.0.1:" + port);
    try {
      BrokerProbe.awaitReady(broker.bootstrapServers, Map.of(), process::isAlive);
    } catch (BrokerUnavailableException e) {
      broker.close();
      throw new BrokerUnavailableException(
          "%s; the end of %s:%n%s".formatted(e.getMessage(), log, ChildJvm.tail(log)), e);
    }
    return broker;
  }

  /** Where clients find it, as host:port. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** For tests of what survives. */
  ProcessHandle handle() {
    return process.toHandle();
  }

  @Override
  public void close() {
    ChildJvm.end(process);
  }

  static ProcessBuilder command(Path directory, int port, Path log, long parent) {
    return ChildJvm.command(
        LocalBroker.class,
        List.of(
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dlog4j2.configurationFile=log4j2-local.properties"),
        List.of(directory.toString(), Integer.toString(port), Long.toString(parent)),
        log);
  }
}
