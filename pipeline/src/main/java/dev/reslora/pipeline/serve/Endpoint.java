package dev.reslora.pipeline.serve;

import dev.reslora.serving.OverloadedException;
import dev.reslora.serving.ServedVersion.Lease;
import io.undertow.server.HttpServerExchange;

/** What is done with an adapter: one a path. */
interface Endpoint {

  /** Understands a request's body. */
  Call read(byte[] body) throws BadRequestException;

  /** A request that was understood. */
  interface Call {

    /**
     * Answers, now or later.
     *
     * @param lease of the version that is to answer; closed once it has, or when this throws
     */
    void answer(HttpServerExchange exchange, Lease lease)
        throws BadRequestException, OverloadedException;
  }
}
