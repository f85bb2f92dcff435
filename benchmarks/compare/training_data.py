"""Reads what compare_training writes: the first weights, the batches and the sizes."""

import json
import pathlib
from dataclasses import dataclass

import numpy as np


@dataclass
class TrainingData:
    """One shape of the comparison."""

    heads: int
    layers: int
    weights: dict  # by path; matrices are (in, out)
    tokens: np.ndarray  # (step, batch, position)
    targets: np.ndarray

    def qkv(self, layer):
        """Query, key and value matrix of a layer side by side, (in, 3 out)."""
        names = (f"blocks.{layer}.attn.{name}.weight" for name in ("query", "key", "value"))
        return np.concatenate([self.weights[name] for name in names], axis=1)


def load(folder):
    """The training data of a folder."""
    folder = pathlib.Path(folder)
    shape = json.loads((folder / "shape.json").read_text())
    weights = {path.name.removesuffix(".npy"): np.load(path)
               for path in sorted((folder / "weights").iterdir())}

    def batches(name):
        return np.load(folder / name).reshape(-1, shape["batch"], shape["positions"])

    return TrainingData(shape["heads"], shape["layers"], weights, batches("tokens.npy"),
                        batches("targets.npy"))
