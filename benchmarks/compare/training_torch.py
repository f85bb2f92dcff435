"""The training that is compared, in PyTorch.

    training_torch.py eager|compiled THREADS FOLDER

It tries the ways of computing the same that it knows, keeps the fastest, and then serves it.
"""

import itertools
import sys

import torch
import torch.nn.functional as F

import training_data
import worker
from transformer_torch import Transformer


class Training:
    """The model, its optimiser and the batches, which come round and round."""

    def __init__(self, data, compiled, one_product, written_out):
        self.data = data
        self.model = Transformer(data.weights, data.heads, one_product, written_out)
        self.first_weights = {name: value.clone()
                              for name, value in self.model.state_dict().items()}
        self.loss = torch.compile(self.mean_loss) if compiled else self.mean_loss
        self.variant = ", ".join(["QKV in one product" if one_product else "Q, K, V apart",
                                  "attention written out" if written_out else "SDPA"])
        self.restart()

    def restart(self):
        """Back to the first weights, with a new optimiser."""
        self.model.load_state_dict(self.first_weights)
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=3e-3, weight_decay=0.01, fused=True)
        batches = zip(torch.from_numpy(self.data.tokens).long(),
                      torch.from_numpy(self.data.targets).long())
        self.batches = itertools.cycle(batches)

    def mean_loss(self, tokens, targets):
        return F.cross_entropy(self.model(tokens).flatten(0, 1), targets.flatten())

    def step(self):
        self.optimizer.zero_grad()
        loss = self.loss(*next(self.batches))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)
        self.optimizer.step()
        return loss.detach()


def main():
    kind, threads, folder = sys.argv[1:]
    torch.set_num_threads(int(threads))
    data = training_data.load(folder)
    variants = itertools.product((True, False), repeat=2)
    training = worker.fastest([Training(data, kind == "compiled", *variant)
                               for variant in variants])
    training.restart()
    worker.serve_training(training.step, training.variant)


if __name__ == "__main__":
    main()
