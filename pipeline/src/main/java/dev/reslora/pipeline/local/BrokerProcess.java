package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A {@link LocalBroker} as a child process on this process's class path. It is ended with this
 * object, and ends by itself when this process dies, kill -9 included.
 */
final class BrokerProcess implements AutoCloseable {

  private static final int LOG_LINES_SHOWN = 15;

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
  static BrokerProcess start(Path directory, Path log) {
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
      BrokerProbe.awaitReady(broker.bootstrapServers, process::isAlive);
    } catch (BrokerUnavailableException e) {
      broker.close();
      throw new BrokerUnavailableException(
          "%s; the end of %s:%n%s".formatted(e.getMessage(), log, tail(log)), e);
    }
    return broker;
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  /** For tests of what survives. */
  ProcessHandle handle() {
    return process.toHandle();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static ProcessBuilder command(Path directory, int port, Path log, long parent) {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dlog4j2.configurationFile=log4j2-local.properties",
            LocalBroker.class.getName(),
            directory.toString(),
            Integer.toString(port),
            Long.toString(parent));
    // Longer than some systems take as an argument.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return builder;
  }

  private static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "(" + e.getMessage() + ")";
    }
  }
}
