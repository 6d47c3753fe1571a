#!/usr/bin/env python3
"""Repeats with transformers and peft what LlamaPeerTrialTest did on a language model, and compares.

  ./mvnw -pl operators -am test -Dtest=LlamaPeerTrialTest -Dsurefire.failIfNoSpecifiedTests=false
  python3 deploy/smoke/llama_check.py operators/target/llama-peer

With -DargLine=-Dreslora.peer.model=DIR the trial is on a model of your own.

The losses of 20 steps of plain LoRA on all seven projections (same weights, data and optimizer, the
loss of completions only) must agree within 1e-4 relative. The merged adapter must open with peft as
CAUSAL_LM, give the same logits within 1e-3, and go on with a prompt token for token. Exits 0 where
they do, and with a word where Python lacks torch, transformers or peft; 1 where they do not.
"""
import json
import pathlib
import sys

try:
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def load(trial):
    return AutoModelForCausalLM.from_pretrained(trial["model"], dtype=torch.float32).eval()


def padded(sequences, begins):
    length = max(map(len, sequences))
    ids = torch.tensor([s + [0] * (length - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (length - len(s)) for s in sequences])
    labels = torch.tensor(
        [
            [-100] * begin + s[begin:] + [-100] * (length - len(s))
            for s, begin in zip(sequences, begins)
        ]
    )
    return ids, mask, labels


def losses(trial):
    config = LoraConfig(
        r=8, lora_alpha=16, target_modules=TARGETS, lora_dropout=0.0, task_type="CAUSAL_LM"
    )
    model = get_peft_model(load(trial), config)
    for name, parameter in model.named_parameters():
        if "lora_A" in name:
            module = name.removeprefix("base_model.model.").removesuffix(".lora_A.default.weight")
            parameter.data.copy_(torch.tensor(trial["initialA"][module]).view_as(parameter))
    factors = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(factors, lr=trial["learningRate"], weight_decay=0.01)
    result, size = [], trial["batch"]
    for begin in range(0, len(trial["sequences"]), size):
        part = slice(begin, begin + size)
        ids, mask, labels = padded(trial["sequences"][part], trial["from"][part])
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        result.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(factors, 1.0)
        optimizer.step()
    return result


def merged(trial, adapter):
    model = PeftModel.from_pretrained(load(trial), str(adapter)).eval()
    assert model.peft_config["default"].task_type == "CAUSAL_LM"
    prompt = torch.tensor([trial["prompt"]])
    with torch.no_grad():
        logits = model(input_ids=prompt).logits[0, -1]
        tokens = prompt
        for _ in trial["generated"]:
            best = model(input_ids=tokens).logits[0, -1].argmax().view(1, 1)
            tokens = torch.cat([tokens, best], dim=1)
    error = (logits - torch.tensor(trial["logits"])).abs().max().item()
    return error, tokens[0, prompt.shape[1]:].tolist()


def main():
    directory = pathlib.Path(sys.argv[1])
    trial = json.loads((directory / "trial.json").read_text(encoding="utf-8"))
    theirs, ours = losses(trial), trial["losses"]
    relative = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    error, tokens = merged(trial, directory / "adapter")
    same = tokens == trial["generated"]
    print(f"training: {len(ours)} losses, {theirs[0]:.4f} to {theirs[-1]:.4f}, "
          f"largest relative difference {relative:.2e} (at most 1e-4)")
    print(f"merged adapter in peft: largest difference of logits {error:.2e} (at most 1e-3), "
          f"{len(tokens)} tokens of greedy generation {'equal' if same else 'differ'}")
    return 0 if relative <= 1e-4 and error <= 1e-3 and same else 1


if __name__ == "__main__":
    sys.exit(main())
