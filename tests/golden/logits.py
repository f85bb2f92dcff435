#!/usr/bin/env python3
"""The logits of a transformer that weft saved, in PyTorch and by nothing but its file.

    python3 tests/golden/logits.py model.safetensors tokens.npy logits.npy
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

contents = open(sys.argv[1], "rb").read()
begin = 8 + int.from_bytes(contents[:8], "little")
header = json.loads(contents[8:begin])
heads = int(header.pop("__metadata__")["heads"])
elements = torch.frombuffer(bytearray(contents[begin:]), dtype=torch.float32)
p = {}
for path, entry in header.items():
    first, end = (offset // 4 for offset in entry["data_offsets"])
    p[path] = elements[first:end].view(entry["shape"])


def linear(path, x):
    y = x @ p[path + ".weight"]
    return y + p[path + ".bias"] if path + ".bias" in p else y


def norm(path, x):
    if path + ".weight" not in p:
        return x
    return F.layer_norm(x, x.shape[-1:], p[path + ".weight"], p.get(path + ".bias"))


tokens = torch.from_numpy(np.load(sys.argv[2])).long()
h = p["embed.weight"][tokens] + p["pos_embed.weight"][: tokens.shape[1]]
for layer in range(1 + max(int(path.split(".")[1]) for path in p if path.startswith("blocks."))):
    block = f"blocks.{layer}."
    x = norm(block + "ln1", h)
    q, k, v = (linear(block + "attn." + part, x).unflatten(-1, (heads, -1)).transpose(1, 2)
               for part in ("query", "key", "value"))
    z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    h = h + linear(block + "attn.output", z.transpose(1, 2).flatten(2))
    if block + "mlp.in.weight" in p:
        x = norm(block + "ln2", h)
        h = h + linear(block + "mlp.out", F.gelu(linear(block + "mlp.in", x)))
np.save(sys.argv[3], linear("unembed", norm("ln_final", h)).numpy())
