package dev.reslora.reslora;

import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The factors of one configuration on one model: which projections, how linked. State of another
 * shape does not fit.
 *
 * @param config the configuration
 * @param plan factors and their windows, for the kernels
 * @param links for each factor the factor it is linked to, or {@link ShortcutChain#HEAD}
 */
public record AdapterShape(ResLoraConfig config, AdapterPlan plan, int[] links) {

  private static final Pattern POORLY_MERGED =
      Pattern.compile(".*(\\.|^)(o_proj|down_proj|output\\.dense)");

  private static final Pattern FACTOR =
      Pattern.compile("(\\S+) \\[(\\d+), (\\d+)] (?:heads a chain|after (\\S+))");

  /**
   * The shape of a configuration.
   *
   * @param projections everything the model offers, in execution order
   * @param pooled for each site, whether only the pooled tokens' rows pass
   * @throws IllegalArgumentException when a target names nothing
   */
  public static AdapterShape of(
      ResLoraConfig config, List<Projection> projections, List<Boolean> pooled) {
    List<Projection> targets = Targets.select(projections, config.targetModules());
    int[] links = ShortcutChain.links(targets);
    List<int[]> windows = ShortcutChain.windows(links, config.shortcut(), config.preNum());
    AdapterPlan plan =
        new AdapterPlan(
            config.rank(), config.scaling(), config.shortcut().code(), targets, windows, pooled);
    return new AdapterShape(config, plan, links);
  }

  /**
   * Targets whose shortcut no merge folds well: what such projections read in one layer says little
   * of what they read in the next (measured: cosine about 0), unlike the residual stream.
   */
  public List<String> poorlyMerged() {
    if (config.shortcut() == Shortcut.NONE || config.shortcut() == Shortcut.BLOCK) {
      return List.of();
    }
    List<String> modules = new ArrayList<>();
    for (int f = 0; f < links.length; f++) {
      String module = plan.targets().get(f).module();
      if (links[f] != ShortcutChain.HEAD && POORLY_MERGED.matcher(module).matches()) {
        modules.add(module);
      }
    }
    return modules;
  }

  /** Where A of a factor begins in the flat parameters. */
  public int offsetA(int factor) {
    return plan.targets().subList(0, factor).stream().mapToInt(t -> plan.rank() * t.in()).sum();
  }

  /** Where B of a factor begins in the flat parameters. */
  public int offsetB(int factor) {
    return offsetA(plan.targets().size())
        + plan.targets().subList(0, factor).stream().mapToInt(t -> plan.rank() * t.out()).sum();
  }

  /**
   * The shape that {@link #identity} told, to look at and to merge; it knows no places in a model,
   * so nothing can run with it.
   *
   * @param identity its lines, among others
   * @throws IllegalArgumentException naming the line that is missing or not understood
   */
  public static AdapterShape told(List<String> identity) {
    int rank = Integer.parseInt(line(identity, "rank "));
    double scale = Double.parseDouble(line(identity, "scale "));
    Shortcut shortcut = Shortcut.labelled(line(identity, "shortcut "));
    int preNum = Integer.parseInt(line(identity, "pre-num "));
    List<Projection> targets = new ArrayList<>();
    List<Integer> links = new ArrayList<>();
    Map<String, Integer> numbers = new HashMap<>();
    for (String line : identity) {
      if (line.startsWith("factor ")) {
        Matcher factor = FACTOR.matcher(line.substring("factor ".length()));
        if (!factor.matches()) {
          throw new IllegalArgumentException("adapter's shape: not understood: " + line);
        }
        String module = factor.group(1);
        int out = Integer.parseInt(factor.group(2));
        int in = Integer.parseInt(factor.group(3));
        @Nullable Integer before = numbers.get(factor.group(4));
        if (before == null && factor.group(4) != null) {
          throw new IllegalArgumentException("adapter's shape: nothing before: " + line);
        }
        links.add(before == null ? ShortcutChain.HEAD : before);
        numbers.put(module, targets.size());
        targets.add(new Projection(module, module, in, out, 0, 0));
      }
    }
    int[] linked = links.stream().mapToInt(Integer::intValue).toArray();
    List<String> modules = targets.stream().map(Projection::module).toList();
    return new AdapterShape(
        new ResLoraConfig(rank, scale * rank, shortcut, preNum, 0, modules),
        new AdapterPlan(
            rank,
            scale,
            shortcut.code(),
            targets,
            ShortcutChain.windows(linked, shortcut, preNum),
            List.of()),
        linked);
  }

  private static String line(List<String> identity, String begin) {
    return identity.stream()
        .filter(line -> line.startsWith(begin))
        .findFirst()
        .map(line -> line.substring(begin.length()))
        .orElseThrow(
            () -> new IllegalArgumentException("adapter's shape: there is no " + begin.strip()));
  }

  /** What makes the shape, a line each: state that differs in any of them is refused by it. */
  public List<String> identity() {
    List<String> lines = new ArrayList<>();
    lines.add("rank " + config.rank());
    lines.add("scale " + config.scaling());
    lines.add("shortcut " + config.shortcut().label());
    lines.add("pre-num " + (config.shortcut() == Shortcut.INPUT ? 1 : config.preNum()));
    for (int f = 0; f < links.length; f++) {
      Projection target = plan.targets().get(f);
      lines.add(
          "factor "
              + target.module()
              + " ["
              + target.out()
              + ", "
              + target.in()
              + "]"
              + (links[f] == ShortcutChain.HEAD
                  ? " heads a chain"
                  : " after " + plan.targets().get(links[f]).module()));
    }
    return lines;
  }
}
