#!/usr/bin/env python3
"""Opens a pulled version with the real peft library and compares it with W + B A.

    deploy/reslora snapshots pull --bootstrap-servers HOST:PORT --adapter ID --to DIR
    deploy/smoke/peft_check.py DIR/ID-v1 [--model BASE_MODEL_DIR]

Without --model the base is a random BERT of the adapter's size, saved and loaded by transformers:
what is checked is how peft places and scales the factors, not what the model knows.

Exit codes: 0 equal, or skipped with a word where Python packages are missing; 1 not equal.
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile

TOLERANCE = 1e-4
KEY = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")

try:
    import peft
    import torch
    import transformers
    from safetensors.torch import load_file
except ImportError as missing:
    print(f"skipped: peft, torch, transformers and safetensors are needed, {missing}")
    sys.exit(0)

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def read_factors(adapter):
    """Module path to {"A": [r, in], "B": [out, r]}, read without peft."""
    factors = {}
    for key, tensor in load_file(adapter / "adapter_model.safetensors").items():
        module, factor = KEY.fullmatch(key).groups()
        factors.setdefault(module, {})[factor] = tensor
    return factors


def random_bert(factors, directory):
    """A BERT with every adapted module in its size."""
    layers = [int(n) for module in factors for n in re.findall(r"\.layer\.(\d+)\.", module)]
    query = [f for m, f in factors.items() if re.search(r"self\.(query|key|value)$", m)]
    wide = [f["B"].shape[0] for m, f in factors.items() if m.endswith("intermediate.dense")]
    hidden = query[0]["A"].shape[1] if query else min(f["A"].shape[1] for f in factors.values())
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=100,
        hidden_size=hidden,
        num_hidden_layers=max(layers) + 1,
        num_attention_heads=4,
        intermediate_size=wide[0] if wide else 4 * hidden,
    )
    transformers.BertModel(config).save_pretrained(directory)
    return directory


def hidden_states(model, tokens):
    with torch.no_grad():
        return model(input_ids=tokens).last_hidden_state


def check_head(adapter, hidden):
    if not (adapter / "head.json").exists():
        return
    head = json.loads((adapter / "head.json").read_text())
    tensors = load_file(adapter / "head.safetensors")
    pooled = hidden[:, 0] if head["pooling"] == "cls" else hidden.mean(dim=1)
    logits = pooled @ tensors["weight"].T + tensors["bias"]
    assert logits.shape == (len(hidden), len(head["labels"])), logits.shape
    print(f"head: {len(head['labels'])} labels, {head['pooling']} pooling, {head['hidden']} wide")


def check(adapter, model_directory):
    factors = read_factors(adapter)
    base = transformers.AutoModel.from_pretrained(model_directory, dtype=torch.float32).eval()
    tokens = torch.randint(5, base.config.vocab_size, (4, 24), generator=torch.manual_seed(2))
    frozen = hidden_states(base, tokens)

    expected_model = transformers.AutoModel.from_pretrained(model_directory, dtype=torch.float32)
    for module, factor in factors.items():
        weight = expected_model.get_submodule(module).weight
        weight.data += factor["B"] @ factor["A"]
    expected = hidden_states(expected_model.eval(), tokens)

    adapted = peft.PeftModel.from_pretrained(base, str(adapter)).eval()
    placed = sum(1 for _, m in adapted.named_modules() if isinstance(m, peft.tuners.lora.LoraLayer))
    assert placed == len(factors), f"peft adapted {placed} modules, the files have {len(factors)}"
    found = hidden_states(adapted, tokens)
    merged = hidden_states(adapted.merge_and_unload(), tokens)

    check_head(adapter, found)
    moved = (found - frozen).abs().max().item()
    worst = max((found - expected).abs().max().item(), (merged - expected).abs().max().item())
    print(
        f"{adapter.name}: {placed} modules, peft {peft.__version__} differs from W + B A by at most"
        f" {worst:.2e} (limit {TOLERANCE:.0e}); the adapter moves the output by up to {moved:.2e}"
    )
    return worst <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("adapter", type=pathlib.Path, help="a directory from snapshots pull")
    parser.add_argument("--model", help="Hugging Face directory of the base model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        model = arguments.model or random_bert(read_factors(arguments.adapter), scratch)
        sys.exit(0 if check(arguments.adapter, model) else 1)


if __name__ == "__main__":
    main()
