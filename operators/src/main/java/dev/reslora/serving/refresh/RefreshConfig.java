package dev.reslora.serving.refresh;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How an agent refreshes servers.
 *
 * @param agent its name in reports
 * @param directory that versions are written to, as this process sees it
 * @param kept versions of an adapter that stay there, besides those that servers may have
 * @param grace how long servers keep an adapter after another took its place, for requests under
 *     way and clients that do not know yet
 * @param pause before a failed attempt is repeated; doubles with each up to longestPause
 * @param check how often servers are asked whether they still have what is in service
 */
public record RefreshConfig(
    String agent,
    Path directory,
    int kept,
    Duration grace,
    Duration pause,
    Duration longestPause,
    Duration check) {}
