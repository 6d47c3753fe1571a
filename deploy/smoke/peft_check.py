#!/usr/bin/env python3
"""Opens a pulled version with the real peft and transformers libraries, and compares.

    deploy/reslora snapshots pull --bootstrap-servers HOST:PORT --adapter ID --to DIR
    deploy/smoke/peft_check.py DIR/ID-v1 [--model BASE_MODEL_DIR [--serving]]

The hidden states of peft's model, also after merge_and_unload, must be those of W + B A within 1e-4.
Without --model the base is a random BERT of the adapter's size, saved and loaded by transformers:
what is checked is how peft places and scales the factors, not what the model knows.

With --serving, logits of texts too: peft's model with the head, the directory of `snapshots merge`
as transformers opens it (float32 within 1e-4; bfloat16 and float16 are printed), and the answers of
this project's own serving (`snapshots classify`) must agree within 1e-4. Several directories are
checked one after the other.

Exit codes: 0 equal, or skipped with a word where Python packages are missing; 1 not equal.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TOLERANCE = 1e-4
KEY = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")
RESLORA = pathlib.Path(__file__).resolve().parent.parent / "reslora"
TEXTS = [
    "The meeting is moved to Thursday at ten, please bring the figures.",
    "Congratulations! You have been selected to receive a free cruise, click below now.",
    "rpm fails to rebuild the package: undefined reference to pthread_create",
    "ok",
    "In Dublin this weekend the Linux users' group installs Debian on whatever you bring along.",
    "Scientists say that the comet, last seen in 1996, may have broken up near the sun. " * 3,
    "[Spambayes] training on an unbalanced corpus makes every mail look like spam",
    "Buy cheap meds online without prescription $$$ limited offer!!!",
]

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


class Head:
    """The classifier beside an adapter or a merged directory."""

    def __init__(self, directory):
        facts = json.loads((directory / "head.json").read_text())
        self.labels, self.pooling = facts["labels"], facts["pooling"]
        tensors = load_file(directory / "head.safetensors")
        self.weight, self.bias = tensors["weight"], tensors["bias"]

    def logits(self, model, tokens):
        with torch.no_grad():
            hidden = model(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1).float()
        pooled = hidden[:, 0] if self.pooling == "cls" else (hidden * mask).sum(1) / mask.sum(1)
        return pooled @ self.weight.T + self.bias


def check_factors(adapter, model_directory):
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

    moved = (found - frozen).abs().max().item()
    worst = max((found - expected).abs().max().item(), (merged - expected).abs().max().item())
    print(
        f"{adapter.name}: {placed} modules, peft {peft.__version__} differs from W + B A by at most"
        f" {worst:.2e} (limit {TOLERANCE:.0e}); the adapter moves the output by up to {moved:.2e}"
    )
    return worst <= TOLERANCE


def reslora(*arguments):
    done = subprocess.run(
        [str(RESLORA), *map(str, arguments)], stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout)


def merged_logits(adapter, model_directory, dtype, directory, tokens):
    written = reslora(
        "snapshots", "merge", adapter, "--base", model_directory, "--to", directory,
        "--dtype", dtype, "--max-shard-size", "50mb", "--json",
    )
    kind = getattr(torch, dtype)
    if written["classifier"]:
        model = transformers.AutoModelForSequenceClassification.from_pretrained(directory, dtype=kind)
        with torch.no_grad():
            logits = model.eval()(**tokens).logits.float()
        assert model.config.id2label[0] == Head(adapter).labels[0], model.config.id2label
        return written, logits
    model = transformers.AutoModel.from_pretrained(directory, dtype=kind).eval()
    return written, Head(directory).logits(model, tokens)


def centred(logits):
    """Logits up to what a softmax does not see."""
    return logits - logits.mean(dim=1, keepdim=True)


def check_serving(adapter, model_directory, scratch):
    head = Head(adapter)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_directory)
    tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    base = transformers.AutoModel.from_pretrained(model_directory, dtype=torch.float32).eval()
    frozen = head.logits(base, tokens)
    expected = head.logits(peft.PeftModel.from_pretrained(base, str(adapter)).eval(), tokens)
    texts = scratch / "texts.txt"
    texts.write_text("\n".join(TEXTS) + "\n")
    answers = reslora(
        "snapshots", "classify", adapter, "--base", model_directory, "--texts", texts, "--json"
    )
    served = torch.tensor([answer["probabilities"] for answer in answers]).log()
    ours = (centred(served) - centred(expected)).abs().max().item()
    worst = ours
    print(f"{adapter.name}: logits of {len(TEXTS)} texts, against peft")
    print(f"  own serving       {ours:.2e}")
    for dtype in ("float32", "bfloat16", "float16"):
        written, found = merged_logits(adapter, model_directory, dtype, scratch / dtype, tokens)
        off = (found - expected).abs().max().item()
        print(f"  merged {dtype:10} {off:.2e}, {written['architecture']}, {written['shards']} files")
        worst = max(worst, off) if dtype == "float32" else worst
    moved = (expected - frozen).abs().max().item()
    print(f"  float32 within {worst:.2e} (limit {TOLERANCE:.0e}); the adapter moves them by {moved:.2e}")
    return worst <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("adapters", type=pathlib.Path, nargs="+", help="from snapshots pull")
    parser.add_argument("--model", help="Hugging Face directory of the base model")
    parser.add_argument("--serving", action="store_true", help="compare logits too; needs --model")
    arguments = parser.parse_args()
    if arguments.serving and not arguments.model:
        parser.error("--serving needs --model")
    equal = True
    for adapter in arguments.adapters:
        with tempfile.TemporaryDirectory() as scratch:
            model = arguments.model or random_bert(read_factors(adapter), scratch)
            equal &= check_factors(adapter, model)
            if arguments.serving:
                equal &= check_serving(adapter, model, pathlib.Path(scratch))
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
