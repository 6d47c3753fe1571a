package dev.reslora.pipeline.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test one {@link LocalBroker}, started by the first test that asks and shared by all test
 * classes of the JVM. Tests keep apart by topics of their own: {@link #topic}.
 */
public final class BrokerExtension implements ParameterResolver {

  private static final AtomicInteger TOPICS = new AtomicInteger();

  /** A name that no other test uses. */
  public static String topic(String purpose) {
    return purpose + "-" + TOPICS.incrementAndGet();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == LocalBroker.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(BrokerExtension.class))
        .computeIfAbsent(Shared.class, key -> Shared.start(), Shared.class)
        .broker();
  }

  /** Closed with the root context, after the last test. */
  private record Shared(LocalBroker broker, Path directory) implements AutoCloseable {

    static Shared start() {
      try {
        Path directory = Files.createTempDirectory("broker");
        return new Shared(LocalBroker.start(directory), directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      broker.close();
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
  }
}
