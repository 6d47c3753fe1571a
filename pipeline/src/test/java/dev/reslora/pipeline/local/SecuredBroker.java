package dev.reslora.pipeline.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * A broker that lets nobody do anything without being told: TLS with a certificate of its own,
 * SCRAM users, ACLs.
 */
public final class SecuredBroker implements AutoCloseable {

  private static final String ADMIN = "admin";
  private static final String PASSWORD = "changeit";
  private static final int ITERATIONS = 4096;

  private final LocalBroker broker;
  private final Path directory;
  private final Admin admin;

  private SecuredBroker(LocalBroker broker, Path directory) {
    this.broker = broker;
    this.directory = directory;
    Properties properties = new Properties();
    properties.putAll(adminClient(directory));
    properties.setProperty("bootstrap.servers", broker.bootstrapServers());
    this.admin = Admin.create(properties);
  }

  /**
   * Starts it.
   *
   * @param directory for its certificate, its logs, and a directory of secrets for each user
   */
  public static SecuredBroker start(Path directory) throws Exception {
    Path keys = directory.resolve("broker.p12");
    keytool(
        keys,
        List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "san=ip:127.0.0.1"));
    keytool(keys, List.of("-exportcert", "-rfc", "-file", ca(directory).toString()));
    Map<String, String> properties = new HashMap<>();
    properties.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
    properties.put("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512");
    properties.put("listener.name.clients.scram-sha-512.sasl.jaas.config", jaas(ADMIN, PASSWORD));
    properties.put("ssl.keystore.location", keys.toString());
    properties.put("ssl.keystore.password", PASSWORD);
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", ca(directory).toString());
    properties.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    // Broker and controller, which are one process, meet without a name.
    properties.put("super.users", "User:" + ADMIN + ";User:ANONYMOUS");
    LocalBroker.Security security =
        new LocalBroker.Security(
            "SASL_SSL",
            properties,
            List.of("SCRAM-SHA-512=[name=" + ADMIN + ",password=" + PASSWORD + "]"),
            adminClient(directory));
    LocalBroker broker =
        LocalBroker.start(directory.resolve("logs"), LocalBroker.freePort(), security);
    return new SecuredBroker(broker, directory);
  }

  private static void keytool(Path keys, List<String> words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(words);
    command.addAll(List.of("-alias", "broker", "-keystore", keys.toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(said);
    }
  }

  private static Path ca(Path directory) {
    return directory.resolve("ca.pem");
  }

  private static Map<String, String> adminClient(Path directory) {
    return Map.of(
        "security.protocol", "SASL_SSL",
        "sasl.mechanism", "SCRAM-SHA-512",
        "sasl.jaas.config", jaas(ADMIN, PASSWORD),
        "ssl.truststore.type", "PEM",
        "ssl.truststore.location", ca(directory).toString());
  }

  private static String jaas(String user, String password) {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
        .formatted(user, password);
  }

  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  public void createTopics(List<TopicPlan> topics) {
    try (TopicCreator creator = TopicCreator.connect(bootstrapServers(), adminClient(directory))) {
      creator.createMissing(topics);
    }
  }

  /**
   * Adds a user.
   *
   * @return a directory as a secret is mounted: {@code username}, {@code password} and {@code
   *     ca.pem}
   */
  public Path addUser(String name) throws Exception {
    String password = name + "'s password";
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    name,
                    new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
                    password)))
        .all()
        .get(20, TimeUnit.SECONDS);
    Path secrets = Files.createDirectories(directory.resolve(name));
    Files.writeString(secrets.resolve("username"), name);
    Files.writeString(secrets.resolve("password"), password);
    Files.copy(ca(directory), ca(secrets));
    return secrets;
  }

  public void allow(String user, ResourcePattern resource, AclOperation operation)
      throws Exception {
    admin.createAcls(List.of(binding(user, resource, operation))).all().get(20, TimeUnit.SECONDS);
  }

  public void forbid(String user, ResourcePattern resource, AclOperation operation)
      throws Exception {
    admin
        .deleteAcls(List.of(binding(user, resource, operation).toFilter()))
        .all()
        .get(20, TimeUnit.SECONDS);
  }

  private static AclBinding binding(String user, ResourcePattern resource, AclOperation operation) {
    return new AclBinding(
        resource, new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  @Override
  public void close() {
    admin.close();
    broker.close();
  }
}
