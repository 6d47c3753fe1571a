package dev.reslora.pipeline.local;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import org.apache.logging.log4j.core.config.Configurator;

/** Sends what Flink and Kafka log to a file, so that the terminal stays with the figures. */
final class DemoLog {

  private DemoLog() {}

  /** From now on, in this process. */
  static void to(Path file) throws IOException {
    URL configuration = DemoLog.class.getResource("log4j2-demo.properties");
    if (configuration == null) {
      throw new IOException("log4j2-demo.properties is missing from the class path");
    }
    System.setProperty("reslora.log", file.toString());
    // Where Flink's web interface looks for it.
    System.setProperty("log.file", file.toString());
    try {
      Configurator.reconfigure(configuration.toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
