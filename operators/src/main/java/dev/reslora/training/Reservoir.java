package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import dev.reslora.text.TokenizedExampleCodec;
import dev.reslora.training.ReplayConfig.Policy;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A sample of the past within a byte budget. Every example gets a random key when it comes, and
 * those of the smallest keys stay, which is a uniform sample; keys that shrink with time make it
 * recency-weighted (Efraimidis and Spirakis 2006); leaving from the largest class makes it
 * class-balanced (Chrysakis and Moens 2020).
 */
final class Reservoir {

  private static final int OVERHEAD = 64;

  private final ReplayConfig config;
  private final long seed;
  private final List<Kept> kept = new ArrayList<>();
  private final Map<String, Long> bytesByGroup = new HashMap<>();
  private long offered;
  private long bytes;

  /**
   * @param seed of the keys and draws
   */
  Reservoir(ReplayConfig config, long seed) {
    this.config = config;
    this.seed = seed;
  }

  /** An example that stayed, and the lowest loss it ever had. */
  static final class Kept {
    final TokenizedExample example;
    private final double key;
    private double lowestLoss;

    private Kept(TokenizedExample example, double key, double lowestLoss) {
      this.example = example;
      this.key = key;
      this.lowestLoss = lowestLoss;
    }

    /** Takes the loss it has now; how much higher that is than its lowest so far. */
    double forgotten(double loss) {
      double rise = loss - lowestLoss;
      lowestLoss = Math.min(lowestLoss, loss);
      return rise;
    }
  }

  /** Takes an example that was trained on, which had this loss before. */
  void offer(TokenizedExample example, double loss) {
    keep(new Kept(example, key(offered++), loss));
    while (bytes > config.bytes()) {
      evict();
    }
  }

  private double key(long number) {
    double uniform = Seeds.unit(seed, number);
    return config.policy() == Policy.RECENCY
        ? Math.log(-Math.log(uniform)) - number * Math.log(2) / config.halfLife()
        : uniform;
  }

  private String group(TokenizedExample example) {
    String label = example.label();
    return config.policy() == Policy.CLASS_BALANCED && label != null ? label : "";
  }

  private void keep(Kept one) {
    kept.add(one);
    long size = size(one.example);
    bytes += size;
    bytesByGroup.merge(group(one.example), size, Long::sum);
  }

  /** Out of the largest group goes the example of the largest key. */
  private void evict() {
    long largest = bytesByGroup.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    int victim = -1;
    for (int i = 0; i < kept.size(); i++) {
      boolean candidate = bytesByGroup.getOrDefault(group(kept.get(i).example), 0L) == largest;
      if (candidate && (victim < 0 || kept.get(i).key > kept.get(victim).key)) {
        victim = i;
      }
    }
    Kept gone = kept.set(victim, kept.get(kept.size() - 1));
    kept.remove(kept.size() - 1);
    long size = size(gone.example);
    bytes -= size;
    bytesByGroup.computeIfPresent(
        group(gone.example), (group, sum) -> sum == size ? null : sum - size);
  }

  /** Drops what was kept of the labels of these examples, all where there are no labels. */
  void forget(List<TokenizedExample> examples) {
    Set<Optional<String>> labels =
        examples.stream()
            .map(example -> Optional.ofNullable(example.label()))
            .collect(Collectors.toSet());
    keepOnly(one -> !labels.contains(Optional.ofNullable(one.example.label())));
  }

  /** Drops what was kept under this id. */
  void forget(String id) {
    keepOnly(one -> !one.example.exampleId().equals(id));
  }

  /** Drops all. */
  void clear() {
    keepOnly(one -> false);
  }

  private void keepOnly(Predicate<Kept> staying) {
    List<Kept> stay = kept.stream().filter(staying).toList();
    kept.clear();
    bytesByGroup.clear();
    bytes = 0;
    stay.forEach(this::keep);
  }

  /**
   * Some of the past, none twice.
   *
   * @param most how many, if there are as many
   * @param number of the draw; the same gives the same
   */
  List<Kept> draw(int most, long number) {
    Set<Integer> places = new LinkedHashSet<>();
    long draw = Seeds.draw(seed, number);
    for (long i = 0; places.size() < Math.min(most, kept.size()); i++) {
      places.add((int) (Seeds.unit(draw, i) * kept.size()));
    }
    return places.stream().map(kept::get).toList();
  }

  int size() {
    return kept.size();
  }

  /** Bytes of what is kept: tokens, segments and names, and a fixed share for each example. */
  long bytes() {
    return bytes;
  }

  long heapBytes() {
    return HeapBytes.of(bytes, kept.size());
  }

  /** Bytes that an example counts. */
  static long size(TokenizedExample example) {
    int[] segments = example.segments();
    String label = example.label();
    String source = example.source();
    return OVERHEAD
        + 4L * example.tokens().length
        + (segments == null ? 0 : 4L * segments.length)
        + example.adapterId().length()
        + example.exampleId().length()
        + example.topic().length()
        + (source == null ? 0 : source.length())
        + (label == null ? 0 : label.length());
  }

  void write(DataOutput out) throws IOException {
    out.writeLong(offered);
    out.writeInt(kept.size());
    for (Kept one : kept) {
      TokenizedExampleCodec.write(one.example, out);
      out.writeDouble(one.key);
      out.writeDouble(one.lowestLoss);
    }
  }

  /** What {@link #write} wrote; a smaller budget holds from here on. */
  static Reservoir read(ReplayConfig config, long seed, DataInput in) throws IOException {
    Reservoir reservoir = new Reservoir(config, seed);
    reservoir.offered = in.readLong();
    for (int count = in.readInt(); count > 0; count--) {
      reservoir.keep(new Kept(TokenizedExampleCodec.read(in), in.readDouble(), in.readDouble()));
    }
    return reservoir;
  }
}
