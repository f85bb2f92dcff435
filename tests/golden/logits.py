#!/usr/bin/env python3
"""The logits of a transformer that weft saved: logits.py model.safetensors tokens.npy logits.npy"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

contents = bytearray(open(sys.argv[1], "rb").read())
begin = 8 + int.from_bytes(contents[:8], "little")
header = json.loads(contents[8:begin])
heads, p = int(header.pop("__metadata__")["heads"]), {}
for path, entry in header.items():
    elements = contents[begin + entry["data_offsets"][0]:begin + entry["data_offsets"][1]]
    p[path] = torch.frombuffer(elements, dtype=torch.float32).view(entry["shape"])


def linear(path, x):
    return x @ p[path + ".weight"] + p.get(path + ".bias", 0)


def norm(path, x):
    weight, bias = p.get(path + ".weight"), p.get(path + ".bias")
    return x if weight is None else F.layer_norm(x, x.shape[-1:], weight, bias)


tokens = torch.from_numpy(np.load(sys.argv[2])).long()
h = p["embed.weight"][tokens] + p["pos_embed.weight"]
layers = sum(path.endswith(".attn.query.weight") for path in p)
for block in (f"blocks.{layer}." for layer in range(layers)):
    x = norm(block + "ln1", h)
    q, k, v = (linear(block + "attn." + part, x).unflatten(-1, (heads, -1)).transpose(1, 2)
               for part in ("query", "key", "value"))
    z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    h = h + linear(block + "attn.output", z.transpose(1, 2).flatten(2))
    if block + "mlp.in.weight" in p:
        h = h + linear(block + "mlp.out", F.gelu(linear(block + "mlp.in", norm(block + "ln2", h))))
np.save(sys.argv[3], linear("unembed", norm("ln_final", h)).numpy())
