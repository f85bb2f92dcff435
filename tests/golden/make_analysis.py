#!/usr/bin/env python3
"""Makes analysis.safetensors with NumPy: what tests/examples/analysis.cpp compares with.

    python3 tests/golden/make_analysis.py

Each value is computed by the formula in the comments of examples/experiment, in another way than
there where there is one.
"""

import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent
GROUPS, COUNT, FEATURES = 3, 90, 5


class Philox:
    """The stream of weft::Random(seed): Philox4x32-10, and Lemire's integers below n."""

    def __init__(self, seed):
        self.key, self.counter, self.buffer = (seed & 0xFFFFFFFF, seed >> 32), 0, []

    def block(self):
        c, k = [self.counter & 0xFFFFFFFF, self.counter >> 32, 0, 0], list(self.key)
        for _ in range(10):
            a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        self.counter += 1
        return c

    def bits(self):
        if not self.buffer:
            self.buffer = self.block()
        return self.buffer.pop(0)

    def integer(self, n):
        product = self.bits() * n
        while (product & 0xFFFFFFFF) < (1 << 32) % n:
            product = self.bits() * n
        return product >> 32


def save(tensors):
    header, data = {}, b""
    for key, value in tensors.items():
        part = np.ascontiguousarray(value, dtype=np.float64).tobytes()
        header[key] = {
            "dtype": "F64",
            "shape": list(np.shape(value)),
            "data_offsets": [len(data), len(data) + len(part)],
        }
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = FOLDER / "analysis.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    print(f"{path.name}: {path.stat().st_size} bytes")


def indicators(labels):
    return (labels[:, None] == np.arange(GROUPS)).astype(float)


def between_group_variance(samples, labels):
    within = sum(((samples[labels == g] - samples[labels == g].mean(0)) ** 2).sum()
                 for g in range(GROUPS))
    return 1 - within / ((samples - samples.mean(0)) ** 2).sum()


def nearest_centroid(samples, labels):
    half = len(samples) // 2
    first, second = samples[:half], samples[half:]
    centroids = np.stack([first[labels[:half] == g].mean(0) for g in range(GROUPS)])
    distances = np.linalg.norm(second[:, None] - centroids[None], axis=2)
    return (distances.argmin(1) == labels[half:]).mean()


def linear_probe(samples, labels, ridge):
    """Ridge regression as least squares with rows of sqrt(n ridge v) I below the samples."""
    half = len(samples) // 2
    x, y = samples[:half], indicators(labels[:half])
    deviations = x - x.mean(0)
    penalty = np.sqrt(half * ridge * deviations.var(0).mean())
    stacked = np.vstack([deviations, penalty * np.eye(FEATURES)])
    right_side = np.vstack([y - y.mean(0), np.zeros((FEATURES, GROUPS))])
    weights = np.linalg.lstsq(stacked, right_side, rcond=None)[0]
    scores = (samples[half:] - x.mean(0)) @ weights + y.mean(0)
    return (scores.argmax(1) == labels[half:]).mean()


def nearest_neighbours(samples, labels, k):
    distances = np.linalg.norm(samples[:, None] - samples[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    right = np.zeros(len(samples), bool)
    for i, order in enumerate(np.argsort(distances, axis=1, kind="stable")[:, :k]):
        votes = np.bincount(labels[order], minlength=GROUPS)
        winner = next(labels[j] for j in order if votes[labels[j]] == votes.max())
        right[i] = winner == labels[i]
    return [right.mean()] + [right[labels == g].mean() for g in range(GROUPS)]


def principal_angles(a, b):
    """From cosines; the planted small angle from its sine."""
    qa, qb = np.linalg.qr(a)[0], np.linalg.qr(b)[0]
    cosines = np.linalg.svd(qa.T @ qb, compute_uv=False)
    return np.arccos(np.clip(cosines, -1, 1)), (cosines**2).mean()


def bootstrap(values, seed, resamples, confidence):
    stream = Philox(seed)
    means = [np.mean([values[stream.integer(len(values))] for _ in values])
             for _ in range(resamples)]
    tail = 50 * (1 - confidence)
    return [np.mean(values), *np.percentile(means, [tail, 100 - tail])]


def main():
    generator = np.random.default_rng(7)
    labels = generator.integers(0, GROUPS, COUNT)
    centres = generator.standard_normal((GROUPS, FEATURES))
    spread = np.array([1.6, 1.2, 1.0, 0.8, 0.5])
    samples = centres[labels] + spread * generator.standard_normal((COUNT, FEATURES))
    deviations = samples - samples.mean(0)
    _, values, directions = np.linalg.svd(deviations, full_matrices=False)
    variances = values**2 / COUNT

    change = generator.standard_normal((6, 4)) @ np.diag([3, 1, 0, 0]) @ \
        generator.standard_normal((4, 7)) + 0.05 * generator.standard_normal((6, 7))
    change_values = np.linalg.svd(change, compute_uv=False)
    a, b = generator.standard_normal((8, 3)), generator.standard_normal((8, 2))
    b[:, 0] += a[:, 1]
    angles, overlap = principal_angles(a, b)
    outcomes = generator.standard_normal(20)
    save({
        "samples": samples,
        "labels": labels,
        "between": between_group_variance(samples, labels),
        "variances": variances,
        "participation": variances.sum() ** 2 / (variances**2).sum(),
        "coordinates": np.abs(deviations @ directions.T),
        "centroid": nearest_centroid(samples, labels),
        "linear": linear_probe(samples, labels, 0.1),
        "neighbours": nearest_neighbours(samples, labels, 10),
        "even_neighbours": nearest_neighbours(samples, labels, 4),
        "change": change,
        "change_values": change_values,
        "change_energy": np.cumsum(change_values**2) / (change_values**2).sum(),
        "a": a,
        "b": b,
        "angles": angles,
        "overlap": overlap,
        "outcomes": outcomes,
        "bootstrap": bootstrap(outcomes, 11, 500, 0.9),
    })


if __name__ == "__main__":
    main()
