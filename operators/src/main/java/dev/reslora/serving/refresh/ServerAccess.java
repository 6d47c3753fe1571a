package dev.reslora.serving.refresh;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the servers of a group have in common.
 *
 * @param seen where they find the directory that holds the versions
 * @param patience with a connection, and with a whole answer
 * @param token that they ask for, as bearer; none is sent where it is null
 */
public record ServerAccess(Path seen, Duration patience, @Nullable String token) {}
