package dev.reslora.operator;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Metrics of single adapters: of the first so many that a subtask meets since its start, for every
 * one costs series in the monitoring and there may be thousands.
 */
final class PerAdapter<M> {

  private final int bound;
  private final Function<String, M> register;
  private final Map<String, M> byAdapter = new HashMap<>();

  /**
   * @param bound the most adapters
   * @param register registers an adapter's metrics
   */
  PerAdapter(int bound, Function<String, M> register) {
    this.bound = bound;
    this.register = register;
  }

  Optional<M> of(String adapterId) {
    M known = byAdapter.get(adapterId);
    if (known == null && byAdapter.size() < bound) {
      known = register.apply(adapterId);
      byAdapter.put(adapterId, known);
    }
    return Optional.ofNullable(known);
  }
}
