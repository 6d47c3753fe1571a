#!/usr/bin/env python3
"""Makes a LoRA adapter with the real peft, for jobs to start from, and says what it answers.

    deploy/smoke/peft_start.py MODEL_DIR OUT_DIR

MODEL_DIR is a small BERT. OUT_DIR gets what peft's save_pretrained writes of an adapter with random
factors and a classifier trained whole (modules_to_save), the head.json that names the classifier's
labels, and answers.json: token ids, their labels and the cross-entropy of each. The test LoraStartTest
holds a job that starts from the adapter against these; its recorded directory was made with peft
0.21.0, transformers 5.18.0 and torch 2.13.0.
"""

import json
import pathlib
import sys

import peft
import torch
import transformers

LABELS = ["label-0", "label-1", "label-2"]


class Classifier(torch.nn.Module):
    """A classifier on the mean of the encoder's vectors."""

    def __init__(self, directory):
        super().__init__()
        self.bert = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32)
        self.classifier = torch.nn.Linear(self.bert.config.hidden_size, len(LABELS))

    def forward(self, input_ids):
        return self.classifier(self.bert(input_ids=input_ids).last_hidden_state.mean(1))


def main():
    model_directory, out = sys.argv[1], pathlib.Path(sys.argv[2])
    torch.manual_seed(11)
    model = Classifier(model_directory)
    config = peft.LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=["query", "value", "output.dense"],
        modules_to_save=["classifier"],
    )
    adapted = peft.get_peft_model(model, config).eval()
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.2)
        elif "modules_to_save" in name:
            parameter.data.normal_(0, 1)
    adapted.save_pretrained(out)
    (out / "README.md").unlink(missing_ok=True)
    hidden = model.bert.config.hidden_size
    head = {"labels": LABELS, "pooling": "mean", "hidden": hidden}
    (out / "head.json").write_text(json.dumps(head) + "\n")
    answers = []
    for i in range(8):
        length = 3 + i
        tokens = torch.randint(10, 40, (1, length))
        label = i % len(LABELS)
        with torch.no_grad():
            loss = torch.nn.functional.cross_entropy(adapted(tokens), torch.tensor([label]))
        answers.append({"tokens": tokens[0].tolist(), "label": LABELS[label], "loss": loss.item()})
    (out / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
