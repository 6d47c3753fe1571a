package dev.reslora.pipeline.local;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;

/** Asks a broker until it answers. */
final class BrokerProbe {

  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final int ASK_MILLIS = 2_000;

  private BrokerProbe() {}

  /**
   * Returns once the broker lists its own node.
   *
   * @param client what the broker wants of a client besides
   * @param alive whether waiting still makes sense; the broker's process may have died
   */
  static void awaitReady(
      String bootstrapServers, Map<String, String> client, BooleanSupplier alive) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    properties.setProperty("default.api.timeout.ms", Integer.toString(ASK_MILLIS));
    properties.setProperty("request.timeout.ms", Integer.toString(ASK_MILLIS));
    try (Admin admin = Admin.create(properties)) {
      while (!answers(admin)) {
        if (!alive.getAsBoolean()) {
          throw new BrokerUnavailableException("the broker's process ended while starting", null);
        }
        if (System.nanoTime() > deadline) {
          throw new BrokerUnavailableException(
              "no broker answers at %s after %d s"
                  .formatted(bootstrapServers, DEADLINE.toSeconds()),
              null);
        }
      }
    }
  }

  private static boolean answers(Admin admin) {
    try {
      return !admin.describeCluster().nodes().get().isEmpty();
    } catch (ExecutionException e) {
      return false; // the call itself waited its time
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerUnavailableException("interrupted while the broker started", e);
    }
  }
}
