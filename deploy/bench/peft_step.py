#!/usr/bin/env python3
"""The Python side of `deploy/reslora bench step`: one optimizer step at a time, on request.

Standard input and output carry a JSON object a line. The first line in says what to build:
  {"model": DIR, "targets": [NAME, ...], "rank": 8, "alpha": 16, "labels": 2, "pooling": "mean",
   "threads": 1, "learning_rate": 1e-3}
and is answered with {"versions": TEXT}, or {"missing": TEXT} where a package is not installed.
Every further line is a step, on one of two models of the same weights:
  {"precision": "float32" | "bfloat16", "ids": [[ID, ...], ...], "labels": [ROW, ...]}
and is answered with {"seconds": WALL, "loss": MEAN}. The clock runs over what a training loop does
for a batch: padding to the longest, forward, backward, AdamW.
"""

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
    """A peft model with a linear classifier under torch's AdamW."""

    def __init__(self, plan, precision):
        torch.manual_seed(1)
        # Dropout off, as in the loop that it is compared with.
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
        self.model = peft.get_peft_model(base, lora).train()
        self.head = torch.nn.Linear(base.config.hidden_size, plan["labels"])
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            trained + list(self.head.parameters()), lr=plan["learning_rate"]
        )
        self.mean = plan["pooling"] == "mean"
        self.autocast = precision == "bfloat16"

    def step(self, sequences, labels):
        longest = max(len(ids) for ids in sequences)
        ids = torch.tensor([s + [0] * (longest - len(s)) for s in sequences])
        mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.autocast):
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        loss = torch.nn.functional.cross_entropy(
            self.head(self.pool(hidden.float(), mask)), torch.tensor(labels)
        )
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()

    def pool(self, hidden, mask):
        if not self.mean:
            return hidden[:, 0]
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    plan = json.loads(sys.stdin.readline())
    torch.set_num_threads(plan["threads"])
    loops = {precision: Loop(plan, precision) for precision in ("float32", "bfloat16")}
    answer(
        versions=f"peft {peft.__version__}, transformers {transformers.__version__},"
        f" torch {torch.__version__}"
    )
    for line in sys.stdin:
        batch = json.loads(line)
        begin = time.perf_counter()
        loss = loops[batch["precision"]].step(batch["ids"], batch["labels"])
        answer(seconds=time.perf_counter() - begin, loss=loss)


main()
