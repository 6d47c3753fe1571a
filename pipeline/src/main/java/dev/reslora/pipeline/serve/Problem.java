package dev.reslora.pipeline.serve;

import io.undertow.util.StatusCodes;

/**
 * An error as a client gets it (RFC 9457, application/problem+json).
 *
 * @param type about:blank: the status says what kind it is
 * @param title the status in words
 * @param detail what was expected and what was found
 */
record Problem(String type, String title, int status, String detail) {

  static Problem of(int status, String detail) {
    return new Problem("about:blank", StatusCodes.getReason(status), status, detail);
  }
}
