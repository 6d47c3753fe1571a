package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real single-node Kafka broker (KRaft) in this process: the broker of tests, and through {@link
 * #main} that of the demo. Its directory keeps topics, groups and transactions across restarts and
 * kills.
 */
public final class LocalBroker implements AutoCloseable {

  private static final String HOST = "127.0.0.1";
  private static final int NODE = 1;

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private LocalBroker(KafkaRaftServer server, int port) {
    this.server = server;
    this.bootstrapServers = HOST + ":" + port;
  }

  /** Starts on a free port; ready when this returns. */
  public static LocalBroker start(Path directory) {
    return start(directory, freePort());
  }

  /**
   * Starts on the port given; ready when this returns.
   *
   * @param directory the broker's own; formatted when it is new, taken up as it is otherwise
   */
  public static LocalBroker start(Path directory, int port) {
    return start(directory, port, Security.NONE);
  }

  /**
   * How clients are let in; without it everybody is.
   *
   * @param protocol as Kafka names it, for clients and between brokers
   * @param broker settings of the broker besides its usual ones, or instead
   * @param users SCRAM users from the first start on, as kafka-storage.sh takes them
   * @param client what a client needs to be answered
   */
  record Security(
      String protocol, Map<String, String> broker, List<String> users, Map<String, String> client) {
    static final Security NONE = new Security("PLAINTEXT", Map.of(), List.of(), Map.of());
  }

  static LocalBroker start(Path directory, int port, Security security) {
    try {
      Files.createDirectories(directory);
      format(directory, security.users);
    } catch (IOException e) {
      throw new UncheckedIOException("the broker cannot use the directory " + directory, e);
    }
    Properties properties = properties(directory, security.protocol, port, freePort());
    properties.putAll(security.broker);
    KafkaConfig config = KafkaConfig.fromProps(properties, false);
    KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
    server.startup();
    LocalBroker broker = new LocalBroker(server, port);
    BrokerProbe.awaitReady(broker.bootstrapServers, security.client, () -> true);
    return broker;
  }

  /** Where clients find it, as host:port. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Creates the topics that are missing, with one replica. */
  public void createTopics(List<TopicPlan> topics) {
    try (TopicCreator creator = TopicCreator.connect(bootstrapServers)) {
      creator.createMissing(topics);
    }
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  /**
   * A broker as a process of its own: {@code DIRECTORY PORT [PID]}. With a PID it ends with that
   * process, however that ends.
   */
  public static void main(String[] args) {
    if (args.length < 2 || args.length > 3) {
      System.err.println("usage: LocalBroker DIRECTORY PORT [PID OF THE PROCESS TO END WITH]");
      System.exit(2);
    }
    LocalBroker broker = start(Path.of(args[0]), Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "broker-shutdown"));
    if (args.length == 3) {
      ProcessHandle.of(Long.parseLong(args[2])).ifPresent(parent -> parent.onExit().join());
      System.exit(0);
    }
    broker.server.awaitShutdown();
  }

  /** A port that nothing listens on now. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + HOST, e);
    }
  }

  /** What kafka-storage.sh format does. */
  private static void format(Path directory, List<String> users) throws IOException {
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    try {
      new Formatter()
          .setNodeId(NODE)
          .setClusterId(Uuid.randomUuid().toString())
          .setDirectories(List.of(directory.toString()))
          .setMetadataLogDirectory(directory.toString())
          .setControllerListenerName("CONTROLLER")
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setScramArguments(users)
          .run();
    } catch (Exception e) {
      throw new IOException("could not format " + directory, e);
    }
  }

  private static Properties properties(
      Path directory, String protocol, int port, int controllerPort) {
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", Integer.toString(NODE));
    p.setProperty("controller.quorum.voters", NODE + "@" + HOST + ":" + controllerPort);
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty(
        "listeners",
        "CLIENTS://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort);
    p.setProperty("advertised.listeners", "CLIENTS://" + HOST + ":" + port);
    p.setProperty("inter.broker.listener.name", "CLIENTS");
    p.setProperty(
        "listener.security.protocol.map", "CLIENTS:" + protocol + ",CONTROLLER:PLAINTEXT");
    p.setProperty("log.dirs", directory.toString());
    p.setProperty("auto.create.topics.enable", "false");
    // One replica of everything.
    p.setProperty("default.replication.factor", "1");
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    // Small and quick instead of ready for a data centre.
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("transaction.state.log.num.partitions", "1");
    p.setProperty("share.coordinator.state.topic.num.partitions", "1");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    p.setProperty("log.cleaner.dedupe.buffer.size", "4194304");
    p.setProperty("num.network.threads", "2");
    p.setProperty("num.io.threads", "2");
    p.setProperty("background.threads", "2");
    p.setProperty("transaction.max.timeout.ms", "3600000");
    return p;
  }
}
