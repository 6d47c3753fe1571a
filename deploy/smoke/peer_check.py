#!/usr/bin/env python3
"""Repeats with transformers and peft what PeerTrialTest did, and compares.

  ./mvnw -pl operators -am test -Dtest=PeerTrialTest -Dsurefire.failIfNoSpecifiedTests=false
  python3 deploy/smoke/peer_check.py operators/target/peer-trial.json

Hidden states of 20 texts must agree within 1e-4, and the losses of 20 steps of plain LoRA (same
weights, data and optimizer) within 1e-4 relative. Exits 0 where they do, and with a word where
Python lacks torch, transformers or peft; 1 where they do not.
"""
import json
import sys

try:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)


def pad(sequences):
    length = max(map(len, sequences))
    ids = torch.tensor([s + [0] * (length - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (length - len(s)) for s in sequences])
    return ids, mask


def hidden_error(trial):
    model = AutoModel.from_pretrained(trial["model"], dtype=torch.float32).eval()
    worst = 0.0
    with torch.no_grad():
        for tokens, flat in zip(trial["tokens"], trial["hidden"]):
            hidden = model(input_ids=torch.tensor([tokens])).last_hidden_state[0]
            ours = torch.tensor(flat).view_as(hidden)
            worst = max(worst, (hidden - ours).abs().max().item())
    return worst


def losses(trial):
    base = AutoModel.from_pretrained(trial["model"], dtype=torch.float32)
    config = LoraConfig(r=8, lora_alpha=16, target_modules=["query", "value"], lora_dropout=0.0)
    model = get_peft_model(base, config).eval()  # no dropout in the base either
    for name, parameter in model.named_parameters():
        if "lora_A" in name:
            module = name.removeprefix("base_model.model.").removesuffix(".lora_A.default.weight")
            initial = torch.tensor(trial["initialA"][module]).view_as(parameter)
            parameter.data.copy_(initial)
    head = torch.nn.Linear(base.config.hidden_size, 3)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    factors = [p for p in model.parameters() if p.requires_grad]
    rate = trial["learningRate"]
    optimizer = torch.optim.AdamW([
        {"params": factors, "lr": rate, "weight_decay": 0.01},
        {"params": [head.weight], "lr": 10 * rate, "weight_decay": 0.01},
        {"params": [head.bias], "lr": 10 * rate, "weight_decay": 0.0},
    ])
    every = factors + list(head.parameters())
    size, result = trial["batch"], []
    for begin in range(0, len(trial["tokens"]), size):
        ids, mask = pad(trial["tokens"][begin:begin + size])
        labels = torch.tensor(trial["labels"][begin:begin + size])
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        pooled = (hidden * weights).sum(1) / weights.sum(1)
        loss = torch.nn.functional.cross_entropy(head(pooled), labels)
        result.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(every, 1.0)
        optimizer.step()
    return result


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        trial = json.load(file)
    forward = hidden_error(trial)
    theirs, ours = losses(trial), trial["losses"]
    relative = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    print(f"forward: largest difference of hidden states {forward:.2e} (at most 1e-4)")
    print(f"training: {len(ours)} losses, {theirs[0]:.4f} to {theirs[-1]:.4f}, "
          f"largest relative difference {relative:.2e} (at most 1e-4)")
    return 0 if forward <= 1e-4 and relative <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
