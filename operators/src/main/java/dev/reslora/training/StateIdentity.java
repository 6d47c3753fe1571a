package dev.reslora.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a job must have to take an adapter's state, a line each for people to read: base model, task
 * and the factors' shape. Stands in the state before all else.
 */
record StateIdentity(List<String> lines) {

  /** Layout of the state; a release that changes it reads the older ones. */
  private static final int FORMAT = 1;

  private static final String SECTION = "identity";
  private static final String BASE_MODEL = "base model ";
  private static final String POOLING = "pooling ";
  private static final String LANGUAGE = "task language-modelling";

  StateIdentity {
    lines = List.copyOf(lines);
  }

  /**
   * That of a job's adapters.
   *
   * @param shape lines of their shape
   */
  static StateIdentity of(
      String baseModelDigest, boolean generates, Pooling pooling, List<String> shape) {
    List<String> lines = new ArrayList<>();
    lines.add(BASE_MODEL + baseModelDigest);
    lines.add(generates ? LANGUAGE : POOLING + pooling.label());
    lines.addAll(shape);
    return new StateIdentity(lines);
  }

  void write(Sections sections) {
    sections.put(
        SECTION,
        out -> {
          out.writeInt(FORMAT);
          out.writeInt(lines.size());
          for (String line : lines) {
            out.writeUTF(line);
          }
        });
  }

  /**
   * That which a state was written with.
   *
   * @throws IncompatibleStateException when the state's form is not known
   */
  static StateIdentity read(String adapterId, Sections sections) {
    return sections.get(
        SECTION,
        in -> {
          int format = in.readInt();
          if (format != FORMAT) {
            throw new IncompatibleStateException(
                "adapter %s: state format: expected up to %d, found %d; run the release that wrote it, or a newer one"
                    .formatted(adapterId, FORMAT, format));
          }
          List<String> lines = new ArrayList<>();
          for (int count = in.readInt(); count > 0; count--) {
            lines.add(in.readUTF());
          }
          return new StateIdentity(lines);
        });
  }

  /**
   * Whether this, a job's, is that of an adapter's state.
   *
   * @throws IncompatibleStateException naming the first line that is another
   */
  void check(String adapterId, StateIdentity stored) {
    for (int i = 0; i < Math.max(stored.lines.size(), lines.size()); i++) {
      String was = i < stored.lines.size() ? stored.lines.get(i) : "nothing";
      String is = i < lines.size() ? lines.get(i) : "nothing";
      if (!was.equals(is)) {
        throw new IncompatibleStateException(
            "adapter %s: its state has %s, this job's configuration %s; go on with the old configuration, or start another adapter id for the new one"
                .formatted(adapterId, was, is));
      }
    }
  }

  /** SHA-256, hex, of the base model. */
  String baseModelDigest() {
    return told(BASE_MODEL).orElse("");
  }

  /** Which vector is classified, by its label; nothing of a language model. */
  Optional<String> pooling() {
    return told(POOLING);
  }

  private Optional<String> told(String what) {
    return lines.stream()
        .filter(line -> line.startsWith(what))
        .findFirst()
        .map(line -> line.substring(what.length()));
  }
}
