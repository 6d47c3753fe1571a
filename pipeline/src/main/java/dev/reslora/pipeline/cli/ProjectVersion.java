package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.ProductVersion;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class ProjectVersion implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {
      "reslora " + ProductVersion.number(),
      "Java " + System.getProperty("java.version") + ", " + System.getProperty("os.arch")
    };
  }
}
