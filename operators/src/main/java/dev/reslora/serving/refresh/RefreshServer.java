package dev.reslora.serving.refresh;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A server that is told of adapters by name. Every call ends within the server's own time limit.
 */
public interface RefreshServer {

  /** Kind and address, for people. */
  String label();

  /**
   * Loads an adapter.
   *
   * @param name not used on this server since its start
   * @param directory in PEFT's layout, as this process sees it
   */
  CompletableFuture<Void> load(String name, Path directory);

  /** Lets go of an adapter; no failure where there is none of that name. */
  CompletableFuture<Void> unload(String name);

  /** Names of the adapters that are loaded; empty where the server does not say. */
  CompletableFuture<Optional<Set<String>>> loaded();
}
