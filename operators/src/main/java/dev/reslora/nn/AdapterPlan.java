package dev.reslora.nn;

import java.util.Arrays;
import java.util.List;

/**
 * Where low-rank factors sit in a model and which of them meet, as {@code reslora.py} takes it.
 * Factor f adapts one projection; factors are numbered in execution order.
 *
 * @param rank rows of every A, columns of every B
 * @param scale s of every product
 * @param shortcut 0 none, 1 input, 2 block, 3 middle
 * @param targets the adapted projection of each factor
 * @param windows each factor, then its linked ancestors that take part, nearest first
 * @param pooled for each site, whether only the pooled tokens' rows pass
 */
public record AdapterPlan(
    int rank,
    double scale,
    int shortcut,
    List<Projection> targets,
    List<int[]> windows,
    List<Boolean> pooled) {

  /** A plan without factors: the frozen model. */
  public static AdapterPlan frozen(List<Boolean> pooled) {
    return new AdapterPlan(0, 1, 0, List.of(), List.of(), pooled);
  }

  /** Numbers in all A and B together; they lie in the flat parameters as all A, then all B. */
  public int size() {
    return targets.stream().mapToInt(t -> rank * (t.in() + t.out())).sum();
  }

  /** What family kernels take of it: shapes of A and B, scale, shortcut, then {@link #sites}. */
  public Arguments arguments() {
    int[] ranks = targets.stream().mapToInt(t -> rank).toArray();
    int[] in = targets.stream().mapToInt(Projection::in).toArray();
    int[] out = targets.stream().mapToInt(Projection::out).toArray();
    Arguments arguments =
        new Arguments()
            .integers(ranks)
            .integers(in)
            .integers(out)
            .integers(ranks)
            .real(scale)
            .integer(shortcut);
    return addSites(arguments);
  }

  /** first, slots, begin, window, site, col, pooled. */
  public Arguments sites() {
    return addSites(new Arguments());
  }

  private Arguments addSites(Arguments arguments) {
    int[] first = new int[pooled.size() + 1];
    int[] slots = new int[targets.size()];
    for (int site = 0, slot = 0; site < pooled.size(); site++) {
      for (int f = 0; f < targets.size(); f++) {
        if (targets.get(f).site() == site) {
          slots[slot++] = f;
        }
      }
      first[site + 1] = slot;
    }
    int[] begin = new int[targets.size() + 1];
    for (int f = 0; f < targets.size(); f++) {
      begin[f + 1] = begin[f] + windows.get(f).length;
    }
    return arguments
        .integers(first)
        .integers(slots)
        .integers(begin)
        .integers(windows.stream().flatMapToInt(Arrays::stream).toArray())
        .integers(targets.stream().mapToInt(Projection::site).toArray())
        .integers(targets.stream().mapToInt(Projection::column).toArray())
        .integers(pooled.stream().mapToInt(p -> p ? 1 : 0).toArray());
  }
}
