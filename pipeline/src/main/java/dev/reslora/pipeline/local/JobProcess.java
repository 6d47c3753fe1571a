package dev.reslora.pipeline.local;

import dev.reslora.pipeline.CheckpointHistory;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.JobConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The job, cluster and all, in a process of its own, so that it can be killed. It begins as {@code
 * run} does, from the newest complete checkpoint in its directory, and ends when the process that
 * started it does.
 */
public final class JobProcess implements AutoCloseable {

  /** Flags of this JVM that are not the job's: agents, and a heap made for something else. */
  private static final List<String> NOT_PASSED_ON = List.of("-javaagent", "-agentlib", "-Xmx");

  private final Process process;
  private final Path log;

  private JobProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts the process; returns before the job runs.
   *
   * @param jvm options of the JVM besides this one's
   * @param settings of the job, {@code key=value}
   * @param webPort port of Flink's web interface
   * @param log where the process writes
   */
  public static JobProcess start(List<String> jvm, List<String> settings, int webPort, Path log) {
    List<String> options =
        new ArrayList<>(
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> NOT_PASSED_ON.stream().noneMatch(option::startsWith))
                .toList());
    options.add("-Xmx1g");
    options.addAll(jvm);
    List<String> arguments = new ArrayList<>();
    arguments.add(Long.toString(ProcessHandle.current().pid()));
    arguments.add(Integer.toString(webPort));
    arguments.addAll(settings);
    try {
      return new JobProcess(
          ChildJvm.command(JobProcess.class, options, arguments, log).start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("the job's process could not be started", e);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The last lines that it wrote. */
  public String tail() {
    return ChildJvm.tail(log);
  }

  /** Memory that the process holds, from Linux's {@code /proc}. */
  public long residentBytes() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc", process.pid() + "", "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow(() -> new IOException("process " + process.pid() + " has no VmRSS"));
    }
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    ChildJvm.end(process);
  }

  /** {@code PID WEB-PORT KEY=VALUE...}. */
  public static void main(String[] args) throws Exception {
    endWith(Long.parseLong(args[0]));
    JobConfig config = ConfigSource.load(null, List.of(args).subList(2, args.length));
    LocalJob job =
        LocalJob.start(
            config,
            Integer.parseInt(args[1]),
            CheckpointHistory.newest(config.checkpoint().directory()));
    try (job) {
      job.await(() -> {});
    }
    // Threads of Flink's may still be there.
    System.exit(0);
  }

  private static void endWith(long parent) {
    Runnable wait =
        () -> {
          ProcessHandle.of(parent).ifPresent(process -> process.onExit().join());
          Runtime.getRuntime().halt(1);
        };
    Thread thread = new Thread(wait, "end-with-parent");
    thread.setDaemon(true);
    thread.start();
  }
}
