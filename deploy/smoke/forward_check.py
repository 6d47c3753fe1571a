#!/usr/bin/env python3
"""Compares this project's forward pass with transformers' on the same model directory.

  deploy/smoke/forward_check.py MODEL_DIR HIDDEN.json [--tolerance 1e-4]

HIDDEN.json holds what this project computed, one entry a text:
  texts   [n]             the texts
  tokens  [n][tokens]     their token ids, special tokens included
  hidden  [n][tokens][h]  the last hidden states
Needs torch and transformers; says so and exits 0 where they are absent.
Exit codes: 0 equal within the tolerance (or skipped), 1 not equal, 2 wrong usage.
"""

import argparse
import json
import os
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="Hugging Face directory")
    parser.add_argument("computed", help="JSON of texts, tokens and hidden")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest absolute difference")
    return parser.parse_args()


def load(path):
    with open(path, encoding="utf-8") as file:
        computed = json.load(file)
    counts = {len(computed[field]) for field in ("texts", "tokens", "hidden")}
    if len(counts) != 1 or counts == {0}:
        sys.exit(f"{path}: expected as many texts as tokens and hidden, and at least one")
    return computed


def main():
    args = arguments()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import torch
        import transformers
    except ImportError as missing:
        print(f"skipped: {missing}")
        return 0
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    computed = load(args.computed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
    model = transformers.AutoModel.from_pretrained(args.model, add_pooling_layer=False).eval()

    worst = 0.0
    unequal = []
    for text, tokens, hidden in zip(computed["texts"], computed["tokens"], computed["hidden"]):
        if tokenizer(text)["input_ids"] != tokens:
            unequal.append(f"tokens of {text!r}")
        with torch.no_grad():
            expected = model(torch.tensor([tokens])).last_hidden_state[0]
        found = torch.tensor(hidden)
        if found.shape != expected.shape:
            unequal.append(f"shape of {text!r}: {list(found.shape)}, expected {list(expected.shape)}")
            continue
        difference = (found - expected).abs().max().item()
        worst = max(worst, difference)
        if not difference <= args.tolerance:
            unequal.append(f"hidden states of {text!r}: differ by {difference:.2e}")
    print(f"{len(computed['texts'])} texts, largest difference {worst:.2e}, tolerance {args.tolerance:.0e}")
    for each in unequal:
        print(f"not equal: {each}", file=sys.stderr)
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
