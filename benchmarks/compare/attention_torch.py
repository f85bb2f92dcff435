"""PyTorch's scaled_dot_product_attention on one thread; answers as attention.cpp does.

    attention_torch.py FOLDER

"difference N W" answers the greatest difference from the arrays that compare_attention has just
written to the folder for these sizes, as a share of the greatest element.
"""

import functools
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

import worker

TOKENS, HEADS = 1536, 4


class Attention:
    """One size. Operands are (batch, position, head, feature) in memory, as in a model."""

    def __init__(self, positions, width):
        shape = (TOKENS // positions, positions, HEADS, width)
        self.operands = [torch.randn(shape).transpose(1, 2).requires_grad_() for _ in range(3)]
        self.gradient = torch.randn(shape).transpose(1, 2)

    def load(self, folder):
        with torch.no_grad():
            for name, operand in zip(("q", "k", "v", "dz"), (*self.operands, self.gradient)):
                array = torch.from_numpy(np.load(folder / f"{name}.npy"))
                operand.copy_(array.unflatten(-1, (HEADS, -1)).transpose(1, 2))

    def forward(self):
        with torch.no_grad():
            return F.scaled_dot_product_attention(*self.operands, is_causal=True)

    def both(self):
        z = F.scaled_dot_product_attention(*self.operands, is_causal=True)
        return torch.autograd.grad(z, self.operands, self.gradient)


@functools.cache
def attention(positions, width):
    return Attention(int(positions), int(width))


def difference(folder, positions, width):
    case = attention(positions, width)
    case.load(folder)
    differences = []
    for name, ours in zip(("z", "dq", "dk", "dv"), (case.forward(), *case.both())):
        theirs = np.load(folder / f"{name}.npy")
        ours = ours.transpose(1, 2).flatten(2).numpy()
        differences.append(np.abs(ours - theirs).max() / np.abs(theirs).max())
    return np.max(differences)


def seconds(positions, width, direction, count):
    case = attention(positions, width)
    return worker.seconds_of(int(count), getattr(case, direction))


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    worker.serve({"difference": functools.partial(difference, folder), "time": seconds})


if __name__ == "__main__":
    main()
