package dev.reslora.schema;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A registry that speaks Confluent's protocol.
 *
 * @param url base address, http or https, a path allowed
 * @param basicAuth user:password, or null
 * @param timeout longest wait for a connection, and for a whole answer
 * @param attempts calls made before the registry counts as unavailable, at least 1
 * @param backoff pause before the second call; doubles with every further one
 * @param unknownFor how long an id that the registry does not know is not asked for again
 */
public record RegistryConfig(
    URI url,
    @Nullable String basicAuth,
    Duration timeout,
    int attempts,
    Duration backoff,
    Duration unknownFor)
    implements Serializable {

  public RegistryConfig {
    String scheme = String.valueOf(url.getScheme());
    if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          "registry url: expected http(s)://host[:port][/path], found " + url);
    }
    if (url.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "registry url: expected no credentials in it, they have an option of their own");
    }
    if (basicAuth != null && basicAuth.indexOf(':') < 1) {
      throw new IllegalArgumentException("registry basic auth: expected user:password");
    }
    if (attempts < 1) {
      throw new IllegalArgumentException(
          "registry attempts: expected at least 1, found " + attempts);
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "registry timeout: expected more than nothing, found " + timeout);
    }
    if (backoff.isNegative() || unknownFor.isNegative()) {
      throw new IllegalArgumentException(
          "registry backoff and unknown-for: expected no negative duration, found "
              + backoff
              + " and "
              + unknownFor);
    }
  }

  /** Usual patience: five calls of at most 10 s each. */
  public static RegistryConfig of(URI url) {
    return new RegistryConfig(
        url, null, Duration.ofSeconds(10), 5, Duration.ofMillis(200), Duration.ofMinutes(1));
  }

  public RegistryConfig withBasicAuth(String userAndPassword) {
    return new RegistryConfig(url, userAndPassword, timeout, attempts, backoff, unknownFor);
  }

  /** Without the credentials: it ends up in logs. */
  @Override
  public String toString() {
    return "RegistryConfig[" + url + (basicAuth == null ? "" : ", basic auth") + "]";
  }
}
