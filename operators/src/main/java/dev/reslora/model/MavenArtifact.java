package dev.reslora.model;

/** A jar in a Maven repository. */
public record MavenArtifact(String group, String artifact, String version) {

  /** As Maven takes it: group:artifact:version. */
  public String coordinates() {
    return group + ":" + artifact + ":" + version;
  }

  /** As Maven names it. */
  public String jarName() {
    return artifact + "-" + version + ".jar";
  }
}
