#!/usr/bin/env python3
"""Makes the golden files of the tests with PyTorch, in double precision.

    python3 tests/golden/make.py

optimizers.safetensors     ten steps of each optimizer on given gradients
transformer_*.safetensors  values, gradients and ten AdamW steps of small transformers

Tensors have the names of the members that tests/optim/golden.cpp and tests/nn/golden.cpp read.
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
STEPS = 10


def save(name, tensors):
    """Writes a safetensors file: header length, header, elements."""
    types = {torch.float64: "F64", torch.int32: "I32"}
    header, data = {}, b""
    for key, tensor in tensors.items():
        part = tensor.detach().contiguous().numpy().tobytes()
        header[key] = {
            "dtype": types[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(part)],
        }
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = FOLDER / (name + ".safetensors")
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    print(f"{path.name}: {path.stat().st_size} bytes")


def random_tensor(generator, *shape, deviation=1.0):
    return torch.from_numpy(deviation * generator.standard_normal(shape))


def optimizers():
    generator = np.random.default_rng(1)
    start = random_tensor(generator, 37)
    gradients = random_tensor(generator, STEPS, 37)
    variants = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
        "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
        "adam_decay": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.98), weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
        "adamw_clipped": lambda p: torch.optim.AdamW(
            p, lr=0.01, betas=(0.9, 0.98), weight_decay=0.1
        ),
    }
    tensors = {"start": start, "gradients": gradients}
    for name, make in variants.items():
        x = start.clone().requires_grad_()
        optimizer = make([x])
        for gradient in gradients:
            x.grad = gradient.clone()
            if name.endswith("clipped"):
                torch.nn.utils.clip_grad_norm_([x], 1.0)
            optimizer.step()
        tensors[name] = x
    save("optimizers", tensors)


BATCH, POSITIONS, VOCABULARY, WIDTH, HEADS, LAYERS, HIDDEN = 3, 5, 11, 8, 2, 2, 12


def parameters(generator, mlp, norm, bias, positions, tied):
    p = {}

    def matrix(path, rows, columns):
        p[path] = random_tensor(generator, rows, columns, deviation=0.5)

    def linear(path, rows, columns):
        matrix(path + ".weight", rows, columns)
        if bias:
            p[path + ".bias"] = random_tensor(generator, columns, deviation=0.2)

    def layer_norm(path):
        p[path + ".weight"] = 1 + random_tensor(generator, WIDTH, deviation=0.2)
        if bias:
            p[path + ".bias"] = random_tensor(generator, WIDTH, deviation=0.2)

    matrix("embed.weight", VOCABULARY, WIDTH)
    if positions == "learned":
        matrix("pos_embed.weight", POSITIONS, WIDTH)
    for layer in range(LAYERS):
        block = f"blocks.{layer}."
        if norm:
            layer_norm(block + "ln1")
        for name in ("query", "key", "value", "output"):
            linear(block + "attn." + name, WIDTH, WIDTH)
        if mlp and norm:
            layer_norm(block + "ln2")
        if mlp:
            linear(block + "mlp.in", WIDTH, HIDDEN)
            linear(block + "mlp.out", HIDDEN, WIDTH)
    if norm:
        layer_norm("ln_final")
    if not tied:
        matrix("unembed.weight", WIDTH, VOCABULARY)
    return p


def sinusoids():
    table = torch.zeros(POSITIONS, WIDTH, dtype=torch.float64)
    for n in range(POSITIONS):
        for i in range(0, WIDTH, 2):
            angle = n / 10000 ** (i / WIDTH)
            table[n, i], table[n, i + 1] = math.sin(angle), math.cos(angle)
    return table


def forward(p, tokens, mlp, norm, bias, positions, tied):
    def linear(path, x):
        y = x @ p[path + ".weight"]
        return y + p[path + ".bias"] if bias else y

    def layer_norm(path, x):
        if not norm:
            return x
        return F.layer_norm(x, (WIDTH,), p[path + ".weight"], p.get(path + ".bias"))

    def heads(x):
        return x.reshape(BATCH, POSITIONS, HEADS, WIDTH // HEADS).transpose(1, 2)

    h = p["embed.weight"][tokens.long()]
    if positions == "learned":
        h = h + p["pos_embed.weight"]
    elif positions == "sinusoidal":
        h = h + sinusoids()
    for layer in range(LAYERS):
        block = f"blocks.{layer}."
        x = layer_norm(block + "ln1", h)
        q, k, v = (heads(linear(block + "attn." + name, x)) for name in ("query", "key", "value"))
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        z = z.transpose(1, 2).reshape(BATCH, POSITIONS, WIDTH)
        h = h + linear(block + "attn.output", z)
        if mlp:
            x = layer_norm(block + "ln2", h)
            h = h + linear(block + "mlp.out", F.gelu(linear(block + "mlp.in", x)))
    h = layer_norm("ln_final", h)
    return h @ (p["embed.weight"].T if tied else p["unembed.weight"])


def transformer(name, seed, **switches):
    generator = np.random.default_rng(seed)
    p = parameters(generator, **switches)
    tokens, targets = torch.from_numpy(
        generator.integers(0, VOCABULARY, (2, BATCH, POSITIONS), dtype=np.int32)
    )
    targets[0, 0] = targets[2, 3] = -1
    tensors = {"tokens": tokens, "targets": targets}
    tensors |= {"before." + path: value.clone() for path, value in p.items()}
    for value in p.values():
        value.requires_grad_()
    optimizer = torch.optim.AdamW(p.values(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = forward(p, tokens, **switches)
        loss = F.cross_entropy(
            logits.reshape(-1, VOCABULARY), targets.reshape(-1).long(), ignore_index=-1
        )
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors["logits"] = logits
            tensors |= {"gradient." + path: value.grad.clone() for path, value in p.items()}
        torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
        optimizer.step()
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    tensors |= {"after." + path: value for path, value in p.items()}
    save("transformer_" + name, tensors)


if __name__ == "__main__":
    optimizers()
    transformer("full", 2, mlp=True, norm=True, bias=True, positions="learned", tied=False)
    transformer(
        "attention_only", 3, mlp=False, norm=False, bias=False, positions="learned", tied=False
    )
    transformer("tied", 4, mlp=True, norm=True, bias=False, positions="sinusoidal", tied=True)
    transformer("no_norm", 5, mlp=True, norm=False, bias=True, positions="none", tied=False)
    transformer("no_mlp", 6, mlp=False, norm=True, bias=True, positions="none", tied=True)
