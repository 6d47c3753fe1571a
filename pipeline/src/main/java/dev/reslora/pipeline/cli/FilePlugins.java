package dev.reslora.pipeline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.DefaultPluginManager;
import org.apache.flink.core.plugin.DirectoryBasedPluginFinder;
import org.apache.flink.core.plugin.PluginDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Flink's file systems beyond the local one, as Flink's own commands find them.
 *
 * @param plugins a directory with a directory for each plug-in; null: none
 * @param configuration a directory with config.yaml, whose options the plug-ins take; null: none
 */
record FilePlugins(@Nullable Path plugins, @Nullable Path configuration) {

  static final String PLUGINS = "FLINK_PLUGINS_DIR";
  static final String CONFIGURATION = "FLINK_CONF_DIR";

  /** Held, for its level is forgotten with it: Google's libraries tell what is no news. */
  private static final Logger GOOGLE = Logger.getLogger("com.google");

  /** What the environment names, if it names something. */
  static Optional<FilePlugins> of(Map<String, String> environment) {
    Path plugins = directory(environment, PLUGINS);
    Path configuration = directory(environment, CONFIGURATION);
    return plugins == null && configuration == null
        ? Optional.empty()
        : Optional.of(new FilePlugins(plugins, configuration));
  }

  private static @Nullable Path directory(Map<String, String> environment, String variable) {
    String named = environment.get(variable);
    if (named == null || named.isEmpty()) {
      return null;
    }
    Path directory = Path.of(named);
    if (!Files.isDirectory(directory)) {
      throw new CommandFailure(variable + ": expected a directory, found none at " + named);
    }
    return directory;
  }

  /** Makes them known to all of this process, in place of those before. */
  void load() {
    GOOGLE.setLevel(Level.WARNING);
    Configuration flink = options();
    try {
      FileSystem.initialize(
          flink,
          new DefaultPluginManager(
              plugins == null
                  ? List.<PluginDescriptor>of()
                  : new DirectoryBasedPluginFinder(plugins).findPlugins(),
              CoreOptions.getPluginParentFirstLoaderPatterns(flink)));
    } catch (IOException e) {
      throw new CommandFailure(
          PLUGINS + ": expected a directory of jars for each plug-in: " + e.getMessage(), e);
    }
  }

  private Configuration options() {
    if (configuration == null) {
      return new Configuration();
    }
    try {
      return GlobalConfiguration.loadConfiguration(configuration.toString());
    } catch (IllegalConfigurationException e) {
      throw new CommandFailure(CONFIGURATION + ": " + e.getMessage(), e);
    }
  }
}
