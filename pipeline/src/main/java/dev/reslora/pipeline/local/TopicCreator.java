package dev.reslora.pipeline.local;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;

/** Looks for topics and creates those that are missing. */
public final class TopicCreator implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final Admin admin;
  private final String bootstrapServers;

  private TopicCreator(Admin admin, String bootstrapServers) {
    this.admin = admin;
    this.bootstrapServers = bootstrapServers;
  }

  static TopicCreator connect(String bootstrapServers) {
    return connect(bootstrapServers, Map.of());
  }

  /** With client properties (SASL, TLS) besides. */
  public static TopicCreator connect(String bootstrapServers, Map<String, String> client) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    properties.setProperty("default.api.timeout.ms", Long.toString(TIMEOUT.toMillis()));
    properties.setProperty("request.timeout.ms", Long.toString(TIMEOUT.toMillis()));
    return new TopicCreator(Admin.create(properties), bootstrapServers);
  }

  /** Which of these topics the cluster has not. */
  public Set<String> missing(Set<String> names) {
    Set<String> missing = new HashSet<>(names);
    missing.removeAll(await(admin.listTopics().names()));
    return missing;
  }

  /**
   * Creates what is missing; a topic that is there stays as it is, and takes no right to create.
   */
  public void createMissing(List<TopicPlan> topics) {
    Set<String> missing = missing(topics.stream().map(TopicPlan::name).collect(Collectors.toSet()));
    List<NewTopic> plans =
        topics.stream()
            .filter(topic -> missing.contains(topic.name()))
            .map(TopicPlan::toNewTopic)
            .toList();
    admin.createTopics(plans).values().values().forEach(this::awaitCreated);
  }

  private void awaitCreated(KafkaFuture<Void> created) {
    try {
      await(created);
    } catch (BrokerUnavailableException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  private <T> T await(KafkaFuture<T> answer) {
    try {
      return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BrokerUnavailableException(
          "Kafka at " + bootstrapServers + " refused: " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new BrokerUnavailableException(
          "Kafka at " + bootstrapServers + " did not answer in " + TIMEOUT.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailableException("interrupted while Kafka was asked", e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
  }
}
