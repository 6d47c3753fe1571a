package dev.reslora.pipeline;

import dev.reslora.pipeline.local.BrokerUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka, before a job is made, whether the topics are there and the principal may do with them
 * what the job does. Without an answer the job would fail and restart over it again and again.
 *
 * <p>Leaves nothing on the cluster but, under exactly-once, a transactional id of its own, which
 * the broker forgets like any that is out of use.
 */
public final class KafkaCheck {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaCheck.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Of the group and of the transactional ids: a member and an id that no job has. */
  private static final String NOBODY = "start-check";

  /** The broker's setting; clients give this error no type of its own. */
  private static final String LONGEST_TRANSACTION = "transaction.max.timeout.ms";

  private static final Pattern USER_NAME = Pattern.compile("username\\s*=\\s*\"?([^\"\\s;]+)");

  private final JobConfig config;
  private final Properties client = new Properties();
  private final List<KafkaRight> rights;
  private final SortedSet<String> absent = new TreeSet<>();
  private final List<String> refusals = new ArrayList<>();
  private String principal = "this client";

  private KafkaCheck(JobConfig config) {
    this.config = config;
    this.rights = KafkaRight.of(config);
    client.putAll(config.kafka().properties());
    client.setProperty("bootstrap.servers", config.kafka().bootstrapServers());
  }

  /**
   * Asks until nothing is in the way: topics and rights are often made beside the job. A broker
   * that does not answer is none of this check's findings; the job waits for it by itself.
   *
   * @throws KafkaRefusesException when {@code reslora.kafka.check-timeout} has passed
   */
  static void require(JobConfig config) throws InterruptedException {
    Duration timeout = config.kafka().checkTimeout();
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      KafkaFindings findings = ask(config);
      while (!findings.none()) {
        if (System.nanoTime() > deadline) {
          throw new KafkaRefusesException(findings);
        }
        LOG.info("Waiting for up to {}: {}", timeout, findings.sentence());
        Thread.sleep(PAUSE.toMillis());
        findings = ask(config);
      }
    } catch (BrokerUnavailableException e) {
      LOG.warn("The job starts although its topics could not be checked: {}", e.getMessage());
    }
  }

  /**
   * Asks once; nothing is found where {@code reslora.kafka.check-timeout} is 0.
   *
   * @throws BrokerUnavailableException when there is no answer
   */
  public static KafkaFindings ask(JobConfig config) {
    KafkaCheck check = new KafkaCheck(config);
    if (!config.kafka().checkTimeout().isZero()) {
      check.ask();
    }
    return new KafkaFindings(
        config.kafka().bootstrapServers(), List.copyOf(check.absent), check.refusals);
  }

  private void ask() {
    try {
      principal = principal();
      String most = millis(TIMEOUT);
      try (Admin admin =
          Admin.create(with(Map.of("default.api.timeout.ms", most, "request.timeout.ms", most)))) {
        askForTopics(admin);
        askForGroup(admin);
      }
      if (absent.isEmpty() && refusals.isEmpty()) {
        askForTransactions();
      }
    } catch (AuthenticationException e) {
      refusals.add("does not authenticate " + principal + ": " + e.getMessage());
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      refusals.add("cannot be used with reslora.kafka.properties: " + cause.getMessage());
    }
  }

  /** As brokers name it; they tell no client who it is. */
  private String principal() {
    @Nullable Password jaas =
        new AdminClientConfig(client).getPassword(SaslConfigs.SASL_JAAS_CONFIG);
    Matcher name = USER_NAME.matcher(jaas == null ? "" : jaas.value());
    return name.find() ? "User:" + name.group(1) : "this client";
  }

  private void askForTopics(Admin admin) {
    List<KafkaRight> topics = of(ResourceType.TOPIC);
    Map<String, KafkaFuture<TopicDescription>> answers =
        admin
            .describeTopics(
                names(topics), new DescribeTopicsOptions().includeAuthorizedOperations(true))
            .topicNameValues();
    answers.forEach(
        (topic, answer) -> {
          try {
            // Null where brokers are too old to tell.
            @Nullable Set<AclOperation> allowed = await(answer).authorizedOperations();
            topics.stream()
                .filter(right -> right.resource().name().equals(topic))
                .filter(right -> allowed != null && !allowed.contains(right.operation()))
                .forEach(this::lacks);
          } catch (UnknownTopicOrPartitionException e) {
            absent.add(topic);
          } catch (TopicAuthorizationException e) {
            topics.stream()
                .filter(right -> right.resource().name().equals(topic))
                .forEach(this::lacks);
          }
        });
  }

  private List<KafkaRight> of(ResourceType type) {
    return rights.stream().filter(right -> right.resource().resourceType() == type).toList();
  }

  private static Collection<String> names(List<KafkaRight> rights) {
    return rights.stream().map(right -> right.resource().name()).toList();
  }

  private void lacks(KafkaRight right) {
    refusals.add("does not allow " + principal + ' ' + right);
  }

  /** To remove a member takes Read, and this one is not there. */
  private void askForGroup(Admin admin) {
    for (KafkaRight right : of(ResourceType.GROUP)) {
      try {
        await(
            admin
                .removeMembersFromConsumerGroup(
                    right.resource().name(),
                    new RemoveMembersFromConsumerGroupOptions(
                        List.of(new MemberToRemove(config.name() + '-' + NOBODY))))
                .all());
      } catch (GroupAuthorizationException e) {
        lacks(right);
      } catch (AuthenticationException e) {
        throw e;
      } catch (ApiException e) {
        // There is no such member, or no such group yet: the answer of one that may ask.
      }
    }
  }

  /** Also shows whether brokers allow a transaction to last that long. */
  private void askForTransactions() {
    for (KafkaRight right : of(ResourceType.TRANSACTIONAL_ID)) {
      Duration timeout = config.delivery().transactionTimeout();
      Properties properties =
          with(
              Map.of(
                  ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                  right.resource().name() + NOBODY,
                  ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                  millis(timeout),
                  ProducerConfig.MAX_BLOCK_MS_CONFIG,
                  millis(TIMEOUT)));
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
        producer.initTransactions();
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        throw silent(e);
      } catch (KafkaException e) {
        if (ExceptionUtils.findThrowable(e, TransactionalIdAuthorizationException.class)
            .isPresent()) {
          lacks(right);
        } else if (ExceptionUtils.findThrowableWithMessage(e, LONGEST_TRANSACTION).isPresent()) {
          refusals.add(
              "does not allow %s = %s: its transaction.max.timeout.ms is less"
                  .formatted(ResLoraOptions.TRANSACTION_TIMEOUT.key(), OptionsTable.text(timeout)));
        } else {
          throw e;
        }
      }
    }
  }

  private Properties with(Map<String, String> more) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.putAll(more);
    return properties;
  }

  private static String millis(Duration duration) {
    return Long.toString(duration.toMillis());
  }

  private <T> T await(KafkaFuture<T> answer) {
    try {
      return answer.get(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException late) {
        throw silent(late);
      }
      if (e.getCause() instanceof KafkaException refusal) {
        throw refusal;
      }
      throw unavailable(e);
    } catch (TimeoutException e) {
      throw silent(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable(e);
    }
  }

  private BrokerUnavailableException silent(Exception e) {
    return new BrokerUnavailableException(
        "Kafka at %s did not answer within %d s"
            .formatted(config.kafka().bootstrapServers(), TIMEOUT.toSeconds()),
        e);
  }

  private BrokerUnavailableException unavailable(Exception e) {
    return new BrokerUnavailableException(
        "Kafka at %s did not answer: %s".formatted(config.kafka().bootstrapServers(), e), e);
  }
}
