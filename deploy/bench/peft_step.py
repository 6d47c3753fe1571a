#!/usr/bin/env python3
"""The Python side of `deploy/reslora bench step`, `adapters` and `memory`: one optimizer step at a
time, on request.

Standard input and output carry a JSON object a line. The first line in says what to build:
  {"model": DIR, "language": false, "targets": [NAME, ...], "rank": 8, "alpha": 16, "labels": 2, "pooling": "mean",
   "threads": 1, "learning_rate": 1e-3, "adapters": 1, "precisions": ["float32", "bfloat16"]}
and is answered with {"versions": TEXT}, or {"missing": TEXT} where a package is not installed.
Every further line is a step of one of the adapters, on one of the models of the same weights:
  {"kind": "step" | "peak", "precision": "float32" | "bfloat16", "adapter": 0,
   "ids": [[ID, ...], ...], "labels": [ROW, ...]}
With "language" the model predicts every token but the first of each sequence; without, it is an
encoder, of whose pooled vectors a linear layer makes labels.
A step is answered with {"seconds": WALL, "loss": MEAN}. The clock runs over what a training loop
does for a batch: switching to the adapter where there are several, padding to the longest, forward,
backward, AdamW. A peak is answered with {"bytes": RISE}, how far the process's resident memory
rises in the step above what it was before, freed memory given back first.
"""

import ctypes
import gc
import json
import sys
import time

ANSWERS = sys.stdout
sys.stdout = sys.stderr  # what libraries print is no answer


def answer(**fields):
    print(json.dumps(fields), file=ANSWERS, flush=True)


try:
    import peft
    import torch
    import transformers
except ImportError as missing:
    answer(missing=str(missing))
    sys.exit(0)


class Loop:
    """A peft model, an encoder's with a linear classifier, under torch's AdamW."""

    def __init__(self, plan, precision):
        torch.manual_seed(1)
        # Dropout off, as in the loop that it is compared with.
        self.language = plan["language"]
        if self.language:
            base = transformers.AutoModelForCausalLM.from_pretrained(
                plan["model"], dtype=torch.float32, attention_dropout=0.0
            )
        else:
            base = transformers.AutoModel.from_pretrained(
                plan["model"],
                add_pooling_layer=False,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
        lora = peft.LoraConfig(
            r=plan["rank"],
            lora_alpha=plan["alpha"],
            lora_dropout=0.0,
            target_modules=plan["targets"],
        )
        self.names = [f"adapter{i}" for i in range(plan["adapters"])]
        self.model = peft.get_peft_model(base, lora, adapter_name=self.names[0]).train()
        for name in self.names[1:]:
            self.model.add_adapter(name, lora)
        self.heads = [self.new_head(base.config.hidden_size, plan) for _ in self.names]
        self.optimizers = []
        for name, head in zip(self.names, self.heads):
            self.model.set_adapter(name)
            trained = [p for p in self.model.parameters() if p.requires_grad]
            if head:
                trained += head.parameters()
            self.optimizers.append(torch.optim.AdamW(trained, lr=plan["learning_rate"]))
        self.mean = plan["pooling"] == "mean"
        self.autocast = precision == "bfloat16"

    @staticmethod
    def new_head(hidden, plan):
        if plan["language"]:
            return None
        head = torch.nn.Linear(hidden, plan["labels"])
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
        return head

    def step(self, adapter, sequences, labels):
        if len(self.names) > 1:
            self.model.set_adapter(self.names[adapter])
        longest = max(len(ids) for ids in sequences)
        ids = torch.tensor([s + [0] * (longest - len(s)) for s in sequences])
        mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
        loss = self.loss(ids, mask, self.heads[adapter], labels)
        loss.backward()
        self.optimizers[adapter].step()
        self.optimizers[adapter].zero_grad()
        return loss.item()

    def loss(self, ids, mask, head, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.autocast):
            if self.language:
                predicted = ids.masked_fill(mask == 0, -100)
                return self.model(input_ids=ids, attention_mask=mask, labels=predicted).loss
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = self.pool(hidden.float(), mask)
        return torch.nn.functional.cross_entropy(head(pooled), torch.tensor(labels))

    def pool(self, hidden, mask):
        if not self.mean:
            return hidden[:, 0]
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)


def rise(work):
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before = resident("VmRSS")
    work()
    return resident("VmHWM") - before


def resident(line):
    with open("/proc/self/status") as status:
        return 1024 * next(int(each.split()[1]) for each in status if each.startswith(line + ":"))


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    plan = json.loads(sys.stdin.readline())
    torch.set_num_threads(plan["threads"])
    loops = {precision: Loop(plan, precision) for precision in plan["precisions"]}
    answer(
        versions=f"peft {peft.__version__}, transformers {transformers.__version__},"
        f" torch {torch.__version__}"
    )
    for line in sys.stdin:
        batch = json.loads(line)
        loop = loops[batch["precision"]]
        if batch["kind"] == "peak":
            answer(bytes=rise(lambda: loop.step(0, batch["ids"], batch["labels"])))
            continue
        begin = time.perf_counter()
        loss = loop.step(batch["adapter"], batch["ids"], batch["labels"])
        answer(seconds=time.perf_counter() - begin, loss=loss)


main()
