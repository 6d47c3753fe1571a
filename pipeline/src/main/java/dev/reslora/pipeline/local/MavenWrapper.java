package dev.reslora.pipeline.local;

import dev.reslora.model.ArtifactSource;
import dev.reslora.model.ImportProgress;
import dev.reslora.model.MavenArtifact;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches artifacts with this project's own Maven wrapper, so that the user's mirrors, proxies,
 * credentials and local repository apply.
 */
public final class MavenWrapper implements ArtifactSource {

  /** As Maven's transfer listener prints it: Progress (1): 12/83 MB. */
  private static final Pattern PROGRESS =
      Pattern.compile("Progress \\(\\d+\\): (\\d+(?:\\.\\d+)?)/(\\d+(?:\\.\\d+)?) ([kMG]B)");

  private static final int MAX_LINE = 4096;
  private static final int KEPT_ERRORS = 5;

  private final Path home;

  /**
   * @param home the project's root, which holds {@code mvnw}
   */
  public MavenWrapper(Path home) {
    this.home = home;
  }

  /**
   * The wrapper of the checkout that deploy/reslora was started from.
   *
   * @throws IOException when this process was started in another way
   */
  public static MavenWrapper ofThisProject() throws IOException {
    String home = System.getProperty("reslora.home");
    if (home == null) {
      throw new IOException(
          "cannot fetch: the system property reslora.home, which deploy/reslora sets, is not set");
    }
    return new MavenWrapper(Path.of(home));
  }

  @Override
  public Path fetch(MavenArtifact artifact, Path directory, ImportProgress progress)
      throws IOException {
    String coordinates = artifact.coordinates();
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");
    Path wrapper = home.toAbsolutePath().resolve(windows ? "mvnw.cmd" : "mvnw");
    if (!Files.isRegularFile(wrapper)) {
      throw new IOException("cannot fetch " + coordinates + ": no Maven wrapper at " + wrapper);
    }
    Process maven =
        new ProcessBuilder(
                wrapper.toString(),
                "--non-recursive",
                "-Dstyle.color=never",
                "dependency:copy",
                "-Dartifact=" + coordinates,
                "-DoutputDirectory=" + directory.toAbsolutePath())
            .directory(home.toFile())
            .redirectErrorStream(true)
            .start();
    maven.getOutputStream().close();
    String errors;
    try (Reader output = maven.inputReader(Charset.defaultCharset())) {
      errors = follow(output, coordinates, progress);
    }
    int exit = await(maven);
    Path jar = directory.resolve(artifact.jarName());
    if (exit != 0 || !Files.isRegularFile(jar)) {
      throw new IOException("Maven could not fetch " + coordinates + ": " + errors);
    }
    return jar;
  }

  /** Reads to the end; answers with the first errors. */
  static String follow(Reader output, String what, ImportProgress progress) throws IOException {
    Deque<String> errors = new ArrayDeque<>();
    StringBuilder line = new StringBuilder();
    try (BufferedReader reader = new BufferedReader(output)) {
      for (int next = reader.read(); next >= 0; next = reader.read()) {
        if (next != '\r' && next != '\n') {
          if (line.length() < MAX_LINE) {
            line.append((char) next);
          }
          continue;
        }
        Matcher matcher = PROGRESS.matcher(line);
        if (matcher.find()) {
          progress.at(
              Math.round(Double.parseDouble(matcher.group(1))),
              Math.round(Double.parseDouble(matcher.group(2))),
              matcher.group(3) + " of " + what);
        } else if (line.indexOf("[ERROR] ") == 0 && errors.size() < KEPT_ERRORS) {
          errors.add(line.substring("[ERROR] ".length()).strip());
        }
        line.setLength(0);
      }
    }
    return errors.isEmpty() ? "it said nothing" : String.join(" ", errors);
  }

  private static int await(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Maven ran", e);
    }
  }
}
