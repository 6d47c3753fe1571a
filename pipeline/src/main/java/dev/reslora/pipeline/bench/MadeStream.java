package dev.reslora.pipeline.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A stream made of sentences of six topics, whose labels drift on purpose. A function of its seed.
 *
 * @param train what is learned from, in order
 * @param tests what is never learned from, with the labels that are right at the end
 * @param drifts where the labels begin to mean something else, one or more
 */
record MadeStream(List<Sentence> train, List<Sentence> tests, List<Integer> drifts) {

  private static final int TESTS = 120;

  private static final List<List<String>> SUBJECTS =
      List.of(
          List.of("the soup", "this cake", "fresh bread", "the curry", "her salad", "the cheese"),
          List.of("the engine", "a new car", "this truck", "the motorcycle", "his van", "the bus"),
          List.of("the orchestra", "a violin", "her song", "the choir", "the piano", "a concert"),
          List.of(
              "the striker", "our goalkeeper", "the match", "a penalty", "the league", "the coach"),
          List.of(
              "the server", "this compiler", "the database", "a bug", "the laptop", "the network"),
          List.of(
              "the nurse", "a vaccine", "the surgeon", "this hospital", "the fever", "the clinic"));

  private static final List<String> ENDS =
      List.of(
          "was a surprise",
          "is from the north",
          "cost very little",
          "came late again",
          "is what people talk about",
          "will not be forgotten",
          "was better last year",
          "made everybody smile");

  /** A text and its label. */
  record Sentence(String text, String label) {}

  /** How the stream drifts. */
  enum Scenario {
    /** At half, every label moves on to the next topic. */
    ABRUPT {
      @Override
      boolean moved(double at, SplittableRandom random) {
        return at >= 0.5;
      }
    },
    /** The same, by and by over the middle third. */
    GRADUAL {
      @Override
      boolean moved(double at, SplittableRandom random) {
        return random.nextDouble() < 3 * at - 1;
      }
    },
    /** There after a third, and back after two. */
    RECURRING {
      @Override
      boolean moved(double at, SplittableRandom random) {
        return at >= 1 / 3.0 && at < 2 / 3.0;
      }
    },
    /** Three topics in the first half, the other three in the second. */
    CLASSES {
      @Override
      int topic(double at, SplittableRandom random) {
        return random.nextInt(3) + (at < 0.5 ? 0 : 3);
      }

      @Override
      boolean asks(int topic) {
        return topic < 3;
      }
    },
    /** From 40 to 70 % of the stream, three of ten labels are wrong. */
    POISON {
      @Override
      boolean wrong(double at, SplittableRandom random) {
        return at >= 0.4 && at < 0.7 && random.nextDouble() < 0.3;
      }
    };

    int topic(double at, SplittableRandom random) {
      return random.nextInt(SUBJECTS.size());
    }

    boolean moved(double at, SplittableRandom random) {
      return false;
    }

    boolean wrong(double at, SplittableRandom random) {
      return false;
    }

    /** Whether the tests ask for a topic. */
    boolean asks(int topic) {
      return true;
    }

    List<Integer> drifts(int length) {
      return switch (this) {
        case ABRUPT, CLASSES -> List.of(length / 2);
        case GRADUAL -> List.of(length / 3);
        case RECURRING -> List.of(length / 3, 2 * length / 3);
        case POISON -> List.of(2 * length / 5);
      };
    }
  }

  static MadeStream of(Scenario scenario, int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Sentence> train = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      double at = (double) i / length;
      int topic = scenario.topic(at, random);
      int named = scenario.moved(at, random) ? next(topic, 1) : topic;
      if (scenario.wrong(at, random)) {
        named = next(named, 1 + random.nextInt(SUBJECTS.size() - 1));
      }
      train.add(sentence(topic, named, random));
    }
    boolean movedAtTheEnd = scenario.moved(1, random);
    List<Sentence> tests = new ArrayList<>();
    for (int i = 0; tests.size() < TESTS; i++) {
      int topic = i % SUBJECTS.size();
      if (scenario.asks(topic)) {
        tests.add(sentence(topic, movedAtTheEnd ? next(topic, 1) : topic, random));
      }
    }
    return new MadeStream(train, tests, scenario.drifts(length));
  }

  private static int next(int topic, int by) {
    return (topic + by) % SUBJECTS.size();
  }

  private static Sentence sentence(int topic, int named, SplittableRandom random) {
    List<String> subjects = SUBJECTS.get(topic);
    String text =
        subjects.get(random.nextInt(subjects.size()))
            + " and "
            + subjects.get(random.nextInt(subjects.size()))
            + ": "
            + ENDS.get(random.nextInt(ENDS.size()));
    return new Sentence(text, "topic-" + named);
  }
}
