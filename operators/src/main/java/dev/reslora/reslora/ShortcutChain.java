package dev.reslora.reslora;

import dev.reslora.nn.Projection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which adapted projection follows which: one chain a projection name, in execution order; a layer
 * links to the one before it exactly when input and output widths agree, otherwise a new chain
 * starts.
 */
public final class ShortcutChain {

  /** The linked layer of a chain's head. */
  public static final int HEAD = -1;

  private ShortcutChain() {}

  /** For each target the index of the target it is linked to, or {@link #HEAD}. */
  public static int[] links(List<Projection> targets) {
    Map<String, Integer> last = new HashMap<>();
    int[] links = new int[targets.size()];
    for (int i = 0; i < links.length; i++) {
      Projection target = targets.get(i);
      Integer before = last.put(target.chain(), i);
      links[i] = before != null && sameWidths(target, targets.get(before)) ? before : HEAD;
    }
    return links;
  }

  /**
   * For each target itself, then the linked ancestors that take part, nearest first: none without
   * shortcut, one with input, at most {@code preNum} (-1: all) with block and middle.
   */
  public static List<int[]> windows(int[] links, Shortcut shortcut, int preNum) {
    int ancestors =
        switch (shortcut) {
          case NONE -> 0;
          case INPUT -> 1;
          case BLOCK, MIDDLE -> preNum < 0 ? Integer.MAX_VALUE : preNum;
        };
    return IntStream.range(0, links.length)
        .mapToObj(target -> window(links, target, ancestors))
        .toList();
  }

  private static int[] window(int[] links, int target, int ancestors) {
    int[] window = new int[links.length];
    window[0] = target;
    int size = 1;
    for (int j = links[target]; j != HEAD && size <= ancestors; j = links[j]) {
      window[size++] = j;
    }
    return Arrays.copyOf(window, size);
  }

  private static boolean sameWidths(Projection a, Projection b) {
    return a.in() == b.in() && a.out() == b.out();
  }
}
