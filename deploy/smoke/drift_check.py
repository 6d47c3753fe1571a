#!/usr/bin/env python3
"""Compares the drift detectors with River's.

The sequences are those of River's documentation and of its own regression tests, made here from
their seeds; the indices are what River publishes for them. With --write the file that the Java test
reads is written. Without, that file is checked against the sequences and, where Python has River,
River's detectors are run over them too. Exit code 1 on any difference.
"""
import argparse
import pathlib
import random
import sys

FILE = (
    pathlib.Path(__file__).resolve().parents[2]
    / "operators/src/test/resources/dev/reslora/evaluation/drift-sequences.txt"
)


def documented():
    rng = random.Random(12345)
    return rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)


def several():
    rng = random.Random(42)
    values = []
    for _ in range(2):
        values += rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    return values


def errors():
    rng = random.Random(42)
    return rng.choices([0, 1], k=1000) + rng.choices([0, 1], k=1000, weights=[0.3, 0.7])


# detector, sequence, indices at which River finds a change
CASES = [
    ("adwin", documented(), [1023]),
    ("adwin", several(), [1023, 2015, 3007]),
    ("page-hinkley", documented(), [1006]),
    ("ddm", errors(), [1334]),
]


def lines():
    for name, values, found in CASES:
        yield "%s %s %s" % (name, ",".join(map(str, found)), "".join(map(str, values)))


def river_differs():
    from river import drift

    makers = {
        "adwin": lambda: drift.ADWIN(),
        "page-hinkley": lambda: drift.PageHinkley(),
        "ddm": lambda: drift.binary.DDM(),
    }
    differs = False
    for name, values, expected in CASES:
        detector = makers[name]()
        found = []
        for i, value in enumerate(values):
            detector.update(value)
            if detector.drift_detected:
                found.append(i)
        print("%-13s published %s, River finds %s" % (name, expected, found))
        differs |= found != expected
    return differs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the file of the Java test")
    arguments = parser.parse_args()
    text = "\n".join(lines()) + "\n"
    if arguments.write:
        FILE.write_text(text)
    differs = FILE.read_text() != text
    print("the Java test reads %s sequences" % ("other" if differs else "the same"))
    try:
        differs |= river_differs()
    except ImportError:
        print("River is not installed; the published indices stand for it")
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
