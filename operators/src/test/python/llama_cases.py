"""Writes src/test/resources/dev/reslora/model/llama-cases.json: what transformers makes of small
models of every variant of the Llama family. Run with torch, transformers and safetensors:

    python operators/src/test/python/llama_cases.py

The weights are a formula, the same as in RandomLlama.java.
"""

import json
import pathlib
import tempfile
import zlib

import torch
import transformers
from safetensors.torch import save_file

USUAL = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 48,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": None,
}
VARIANTS = {
    "llama, grouped queries": {},
    "llama, tied, every head its own keys": {"tie_word_embeddings": True, "num_key_value_heads": 4},
    "llama, biases, one key-value head": {
        "attention_bias": True,
        "mlp_bias": True,
        "num_key_value_heads": 1,
    },
    "llama, wide heads, theta": {"head_dim": 8, "rope_theta": 500000.0},
    "llama, linear": {"rope_scaling": {"type": "linear", "factor": 4.0}},
    "llama, llama3": {
        "rope_theta": 100.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16,
        },
    },
    "llama, rope_parameters": {
        "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0}
    },
    "mistral": {
        "model_type": "mistral",
        "architectures": ["MistralForCausalLM"],
        "sliding_window": 32,
    },
    "qwen2": {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "rope_theta": 1e6},
    "qwen3": {
        "model_type": "qwen3",
        "architectures": ["Qwen3ForCausalLM"],
        "head_dim": 8,
        "attention_bias": False,
        "tie_word_embeddings": True,
    },
}
SEQUENCES = [[(7 * i * i + 3 * i + 5) % 48 for i in range(24)], [1, 40, 2, 2, 17]]
GENERATED = 20


def values(name, shape):
    size = 1
    for n in shape:
        size *= n
    centre = 1.0 if name.endswith("norm.weight") else 0.0
    spread = 3 / shape[1] ** 0.5 if len(shape) == 2 else 0.5
    state = zlib.crc32(name.encode())
    numbers = []
    for _ in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        numbers.append(centre + spread * (state / 4294967296.0 - 0.5))
    return torch.tensor(numbers, dtype=torch.float64).to(torch.float32).reshape(shape)


def case(name, fields):
    config = USUAL | fields
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        (path / "config.json").write_text(json.dumps(config))
        parsed = transformers.AutoConfig.from_pretrained(path)
        empty = transformers.AutoModelForCausalLM.from_config(parsed)
        tied = config["tie_word_embeddings"]
        tensors = {
            key: values(key, list(tensor.shape))
            for key, tensor in empty.state_dict().items()
            if not (tied and key == "lm_head.weight")
        }
        save_file(tensors, path / "model.safetensors", {"format": "pt"})
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    logits = []
    losses = []
    with torch.no_grad():
        for ids in SEQUENCES:
            tokens = torch.tensor([ids])
            out = model(tokens, labels=tokens)
            logits.append([round(float(x), 6) for x in out.logits[0, -1]])
            losses.append(round(float(out.loss), 6))
        prompt = torch.tensor([SEQUENCES[1]])
        generated = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=GENERATED,
            do_sample=False,
            pad_token_id=0,
        )
    return {
        "name": name,
        "config": config,
        "logits": logits,
        "losses": losses,
        "generated": generated[0, len(SEQUENCES[1]) :].tolist(),
    }


def main():
    target = pathlib.Path(__file__).parents[1] / "resources/dev/reslora/model/llama-cases.json"
    cases = {
        "transformers": transformers.__version__,
        "sequences": SEQUENCES,
        "cases": [case(name, fields) for name, fields in VARIANTS.items()],
    }
    lines = json.dumps(cases, indent=None).replace('{"name"', '\n{"name"')
    target.write_text(lines + "\n")
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
