package dev.reslora.pipeline.serve;

import dev.reslora.pipeline.http.Patience;
import dev.reslora.serving.DynamicBatcher;

/**
 * How the server answers.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 * @param payloadLimit largest request body, bytes
 * @param clientBatch most texts of a request
 * @param kept versions held of each adapter
 * @param batching what is let in, and what goes together
 * @param patience with clients
 */
public record ServeConfig(
    String host,
    int port,
    int payloadLimit,
    int clientBatch,
    int kept,
    DynamicBatcher.Limits batching,
    Patience patience) {}
