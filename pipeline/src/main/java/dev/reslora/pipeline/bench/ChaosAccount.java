package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.bench.ChaosFeed.Kind;
import dev.reslora.pipeline.bench.ChaosFeed.Sent;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Holds what a run left against what was sent, and two runs of one stream against each other: every
 * example in exactly one step, in order; every refused record on the dead-letter topic and no
 * other; every snapshot, step and dead letter the same.
 */
final class ChaosAccount {

  private final List<Sent> sent;
  private final List<String> violations = new ArrayList<>();

  ChaosAccount(List<Sent> sent) {
    this.sent = sent;
  }

  /** What is wrong; empty when nothing is. */
  List<String> violations() {
    return List.copyOf(violations);
  }

  /** Adds what a run has wrong. */
  void settle(String run, RunOutputs outputs) {
    outputs.violations().forEach(each -> violate(run, each));
    for (String adapterId : ChaosFeed.ADAPTERS) {
      settleSteps(run, adapterId, outputs.steps(adapterId));
      settleVersions(run, adapterId, outputs.versions(adapterId));
    }
    Set<String> refused =
        sent.stream()
            .filter(each -> each.kind().refused())
            .map(each -> each.partition() + "@" + each.offset())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> letters = outputs.deadLetters().keySet();
    difference(refused, letters)
        .forEach(place -> violate(run, "the record at " + place + " has no dead letter"));
    difference(letters, refused)
        .forEach(place -> violate(run, "the record at " + place + " is a dead letter"));
  }

  private static Set<String> difference(Set<String> all, Set<String> without) {
    Set<String> rest = new TreeSet<>(all);
    rest.removeAll(without);
    return rest;
  }

  /** One after the other, the steps take the adapter's examples as they lie in its partition. */
  private void settleSteps(String run, String adapterId, List<StepReport> steps) {
    List<Sent> examples = sent(adapterId, Kind.TRAINED);
    int next = 0;
    for (StepReport step : steps) {
      int end = Math.min(examples.size(), next + step.getExamples());
      OffsetRange found = step.getOffsets().get(0);
      if (end - next < step.getExamples()
          || found.getFrom() != examples.get(next).offset()
          || found.getTo() != examples.get(end - 1).offset() + 1) {
        violate(
            run,
            "%s, step %d: expected %d examples from offset %s, found offsets %d to %d"
                .formatted(
                    adapterId,
                    step.getStep(),
                    step.getExamples(),
                    next < examples.size() ? examples.get(next).offset() : "(none left)",
                    found.getFrom(),
                    found.getTo()));
        return;
      }
      next = end;
    }
    if (next < examples.size()) {
      violate(
          run,
          "%s: %d examples from offset %d on are in no step"
              .formatted(adapterId, examples.size() - next, examples.get(next).offset()));
    }
  }

  /** The manifests count every example once, and their offsets end where the examples do. */
  private void settleVersions(String run, String adapterId, List<SnapshotManifest> versions) {
    List<Sent> examples = sent(adapterId, Kind.TRAINED);
    long trained = versions.stream().mapToLong(SnapshotManifest::getExamplesTrained).sum();
    long skipped = versions.stream().mapToLong(SnapshotManifest::getExamplesSkipped).sum();
    expect(run, adapterId + ": examples in manifests", examples.size(), trained);
    expect(
        run,
        adapterId + ": skipped examples in manifests",
        sent(adapterId, Kind.REFUSED_PAUSED).size(),
        skipped);
    if (!examples.isEmpty()) {
      long end =
          versions.stream()
              .flatMap(each -> each.getOffsets().stream())
              .mapToLong(OffsetRange::getTo)
              .max()
              .orElse(0);
      expect(
          run,
          adapterId + ": end of the manifests' offsets",
          examples.get(examples.size() - 1).offset() + 1,
          end);
    }
  }

  private void expect(String run, String what, long expected, long found) {
    if (expected != found) {
      violate(run, "%s: expected %d, found %d".formatted(what, expected, found));
    }
  }

  private List<Sent> sent(String adapterId, Kind kind) {
    return sent.stream()
        .filter(each -> each.adapterId().equals(adapterId) && each.kind() == kind)
        .toList();
  }

  /** Adds where a run differs from the uninterrupted one. */
  void compare(RunOutputs killed, RunOutputs uninterrupted) {
    for (String adapterId : ChaosFeed.ADAPTERS) {
      same(adapterId + ", version", uninterrupted.versions(adapterId), killed.versions(adapterId));
      same(adapterId + ", step", uninterrupted.steps(adapterId), killed.steps(adapterId));
      same(adapterId + ", event", uninterrupted.events(adapterId), killed.events(adapterId));
    }
    same(
        "dead letter",
        List.copyOf(uninterrupted.deadLetters().values()),
        List.copyOf(killed.deadLetters().values()));
  }

  /** A manifest's digest covers files, offsets, counts and all versions before it. */
  private void same(String what, List<?> expected, List<?> found) {
    for (int i = 0; i < Math.min(expected.size(), found.size()); i++) {
      if (!expected.get(i).equals(found.get(i))) {
        violations.add(
            "%s %d differs from the uninterrupted run's: expected %s, found %s"
                .formatted(what, i + 1, expected.get(i), found.get(i)));
        return;
      }
    }
    if (expected.size() != found.size()) {
      violations.add(
          "%s: the uninterrupted run has %d, the killed one %d"
              .formatted(what, expected.size(), found.size()));
    }
  }

  private void violate(String run, String message) {
    violations.add(run + " run: " + message);
  }
}
