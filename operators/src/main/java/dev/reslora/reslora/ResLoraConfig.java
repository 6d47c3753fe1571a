package dev.reslora.reslora;

import java.io.Serializable;
import java.util.List;

/**
 * What identifies an adapter's shape. State made with another shape is refused.
 *
 * @param rank rows of A and columns of B
 * @param alpha scale: s = alpha / rank
 * @param shortcut residual path
 * @param preNum linked blocks before a layer that take part; -1 all; {@link Shortcut#INPUT} ignores
 *     it
 * @param dropout probability of dropping an element of the adapter's input, 0 up to but not 1
 * @param targetModules projections to adapt: names as {@code query}, or regular expressions matched
 *     against the whole module path as {@code
 *     encoder\.layer\.[0-3]\.attention\.self\.(query|value)}; empty: the model's queries and values
 */
public record ResLoraConfig(
    int rank,
    double alpha,
    Shortcut shortcut,
    int preNum,
    double dropout,
    List<String> targetModules)
    implements Serializable {

  /** The factor s of every low-rank product. */
  public double scaling() {
    return alpha / rank;
  }

  /** The same, with these targets where it names none. */
  public ResLoraConfig orTargets(List<String> otherwise) {
    return targetModules.isEmpty()
        ? new ResLoraConfig(rank, alpha, shortcut, preNum, dropout, otherwise)
        : this;
  }
}
