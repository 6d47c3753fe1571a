package dev.reslora.pipeline.cli;

import dev.reslora.operator.FlinkFiles;
import dev.reslora.pipeline.CheckpointHistory;
import dev.reslora.pipeline.ClusterJob;
import dev.reslora.pipeline.InvalidConfigException;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.JobMonitor;
import dev.reslora.pipeline.ResLoraOptions;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.LocalJob;
import dev.reslora.schema.RootCause;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.flink.configuration.ConfigOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts the job, in this process or on a Flink cluster. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Starts the job against a Kafka cluster, in this process or on a Flink cluster.",
      "In this process it goes on from the newest complete checkpoint in its checkpoint directory;"
          + " Ctrl-C stops it."
    })
final class RunCommand implements Callable<Integer> {

  private static final int WRONG_CONFIGURATION = 2;
  private static final int CONNECT_MILLIS = 10_000;

  @Spec CommandSpec spec;

  @Mixin JobOptions job;

  @Mixin TopicOptions topics;

  @ArgGroup Place place = new Place();

  @Option(
      names = "--web-port",
      paramLabel = "PORT",
      defaultValue = "8081",
      description = "Port of Flink's web UI of a local run (default: ${DEFAULT-VALUE}).")
  int webPort;

  @ArgGroup Beginning beginning = new Beginning();

  @Option(
      names = "--stop-with-savepoint",
      description = "Ctrl-C waits for a savepoint; the next run goes on from there.")
  boolean stopWithSavepoint;

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description = "Job jar for --target (default: the one that the build made).")
  @Nullable Path jar;

  @Option(
      names = "--dry-run",
      description = "Check and print the effective options; start nothing.")
  boolean dryRun;

  /** Where the job runs. */
  static final class Place {

    @Option(names = "--local", description = "In this process (default).")
    boolean local;

    @Option(
        names = "--target",
        paramLabel = "HOST:PORT",
        description = "On the session cluster with this REST address.")
    @Nullable String target;
  }

  /** What state the job begins with. */
  static final class Beginning {

    @Option(names = "--fresh", description = "Begin without state, whatever checkpoints there are.")
    boolean fresh;

    @Option(
        names = "--from",
        paramLabel = "PATH",
        description = "Go on from this checkpoint or savepoint.")
    @Nullable String from;
  }

  @Override
  public Integer call() throws Exception {
    JobConfig config;
    try {
      config = job.load();
    } catch (InvalidConfigException e) {
      return refuse(e);
    }
    if (dryRun) {
      print(EffectiveOptions.yaml(config));
      return 0;
    }
    try {
      topics.require(config);
      return place.target == null ? runHere(config) : submit(config, place.target);
    } catch (BrokerUnavailableException e) {
      throw CommandFailure.of(e);
    }
  }

  private int refuse(InvalidConfigException e) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(spec.qualifiedName() + ": " + e.getMessage());
    err.flush();
    return WRONG_CONFIGURATION;
  }

  private int runHere(JobConfig config) throws Exception {
    requireModel(config);
    requireStart(config);
    requireFiles(ResLoraOptions.CHECKPOINT_DIRECTORY, config.checkpoint().directory());
    requireFiles(ResLoraOptions.SNAPSHOT_STORE, config.publish().store());
    Optional<String> from = beginning(config);
    from.ifPresent(path -> print("going on from " + path + "\n"));
    try (LocalJob running = LocalJob.start(config, webPort, from)) {
      running.stopOnShutdown(stopWithSavepoint ? savepoints(config) : null);
      print("web UI at http://localhost:" + webPort + ", Ctrl-C stops the job\n");
      JobMonitor monitor =
          new JobMonitor(new InetSocketAddress("localhost", webPort), running.id());
      try (Progress progress = Progress.on(spec.commandLine().getErr())) {
        running.await(() -> monitor.figures().ifPresent(figures -> show(progress, figures)));
      }
    } catch (BindException e) {
      throw new CommandFailure("--web-port: " + e.getMessage(), e);
    } catch (ExecutionException e) {
      throw new CommandFailure("the job failed: " + RootCause.message(e), e);
    }
    return 0;
  }

  /** The stages would find out too, once the cluster is up. */
  private static void requireModel(JobConfig config) {
    Path directory = Path.of(config.train().trainer().modelDirectory());
    if (!Files.isDirectory(directory)) {
      throw new CommandFailure(
          ResLoraOptions.MODEL_DIRECTORY.key()
              + ": expected a Hugging Face directory ('model import' makes one), found none at "
              + directory);
    }
  }

  private static void requireStart(JobConfig config) {
    String directory = config.train().startFrom();
    if (directory != null && !Files.isDirectory(Path.of(directory))) {
      throw new CommandFailure(
          ResLoraOptions.START_FROM.key()
              + ": expected a LoRA directory of peft's, found none at "
              + directory);
    }
  }

  private static void show(Progress progress, JobMonitor.Figures figures) {
    progress.show(figures.examples(), OptionalLong.empty(), "examples, " + figures.rest());
  }

  /** The stages would find out too, again and again. */
  private static void requireFiles(ConfigOption<?> option, @Nullable String directory) {
    try {
      if (directory != null) {
        FlinkFiles.at(new org.apache.flink.core.fs.Path(directory));
      }
    } catch (IOException e) {
      throw unreadable(option.key(), e);
    }
  }

  private static CommandFailure unreadable(String option, IOException e) {
    return new CommandFailure(option + ": " + RootCause.message(e), e);
  }

  private Optional<String> beginning(JobConfig config) {
    if (beginning.fresh) {
      return Optional.empty();
    }
    try {
      if (beginning.from == null) {
        return CheckpointHistory.newest(config.checkpoint().directory());
      }
      if (!CheckpointHistory.complete(beginning.from)) {
        throw new CommandFailure(
            "--from: expected a checkpoint or savepoint, found no _metadata in " + beginning.from);
      }
      return Optional.of(beginning.from);
    } catch (IOException e) {
      throw unreadable(
          beginning.from == null ? ResLoraOptions.CHECKPOINT_DIRECTORY.key() : "--from", e);
    }
  }

  private static String savepoints(JobConfig config) {
    return config.checkpoint().directory() + "/" + CheckpointHistory.SAVEPOINTS;
  }

  private int submit(JobConfig config, String target) throws Exception {
    InetSocketAddress address = address(target);
    Path found = JobJar.find(jar);
    requireListener(address);
    ClusterJob cluster = new ClusterJob(address, found);
    String id = cluster.submit(config, Optional.ofNullable(beginning.from));
    print("submitted as " + id + ", see http://" + target + "/#/job/running/" + id + "\n");
    return 0;
  }

  /** Flink's client would ask again for a minute. */
  private static void requireListener(InetSocketAddress target) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(target.getHostString(), target.getPort()), CONNECT_MILLIS);
    } catch (UnknownHostException e) {
      throw new CommandFailure("--target: there is no host " + target.getHostString(), e);
    } catch (IOException e) {
      throw new CommandFailure(
          "--target: expected a Flink cluster's REST address, found nothing that listens at %s:%d: %s"
              .formatted(target.getHostString(), target.getPort(), e.getMessage()),
          e);
    }
  }

  private InetSocketAddress address(String target) {
    int colon = target.lastIndexOf(':');
    try {
      return InetSocketAddress.createUnresolved(
          target.substring(0, Math.max(0, colon)), Integer.parseInt(target.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--target: expected HOST:PORT, found '" + target + "'", e);
    }
  }

  private void print(String text) {
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }
}
