"""The transformer of the comparison in PyTorch."""

import torch
import torch.nn.functional as F


def parameter(*matrices):
    """Matrices (in, out) of weft, one above the other as PyTorch has them, (out, in)."""
    rows = [torch.from_numpy(matrix).T for matrix in matrices]
    return torch.nn.Parameter(torch.cat(rows).contiguous())


class Attention(torch.nn.Module):
    """Causal multi-head attention without bias.

    The options change how it is computed, not what: query, key and value by one product or by
    three, and PyTorch's scaled_dot_product_attention or the same written out, which is faster for
    short texts.
    """

    def __init__(self, matrices, heads, positions, one_product, written_out):
        super().__init__()
        inputs = [matrices[name] for name in ("query", "key", "value")]
        groups = [inputs] if one_product else [[matrix] for matrix in inputs]
        self.inputs = torch.nn.ParameterList(parameter(*group) for group in groups)
        self.output = parameter(matrices["output"])
        self.heads = heads
        self.written_out = written_out
        mask = torch.full((positions, positions), float("-inf")).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        projected = [F.linear(x, matrix) for matrix in self.inputs]
        if len(projected) == 1:
            projected = projected[0].chunk(3, -1)
        # (batch, position, head * feature) to (batch, head, position, feature) and back
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in projected)
        z = self.attend(q, k, v).transpose(1, 2).flatten(2)
        return F.linear(z, self.output)

    def attend(self, q, k, v):
        if not self.written_out:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        return (scores + self.mask).softmax(-1) @ v


class Transformer(torch.nn.Module):
    """Attention only: no MLP, norm or bias; learned positions; an output of its own.

    Made from weft's weights by path. The options are those of Attention.
    """

    def __init__(self, weights, heads, one_product=True, written_out=False):
        super().__init__()
        self.embed = torch.nn.Parameter(torch.from_numpy(weights["embed.weight"]).clone())
        self.pos_embed = torch.nn.Parameter(torch.from_numpy(weights["pos_embed.weight"]).clone())
        self.unembed = parameter(weights["unembed.weight"])
        self.blocks = torch.nn.ModuleList()
        positions = len(self.pos_embed)
        while f"blocks.{len(self.blocks)}.attn.query.weight" in weights:
            matrices = {name: weights[f"blocks.{len(self.blocks)}.attn.{name}.weight"]
                        for name in ("query", "key", "value", "output")}
            self.blocks.append(Attention(matrices, heads, positions, one_product, written_out))

    def residual_streams(self, tokens):
        """The residual stream after each layer, (batch, position, feature)."""
        x = F.embedding(tokens, self.embed) + self.pos_embed
        streams = []
        for block in self.blocks:
            x = x + block(x)
            streams.append(x)
        return streams

    def forward(self, tokens):
        return F.linear(self.residual_streams(tokens)[-1], self.unembed)
