"""examples/contextual_recall with its default preset and recipe, in PyTorch.

    contextual_recall.py --threads N --out FOLDER

The same sizes, phases, stop rules, evaluations and controls; the random draws are its own, so the
number of steps may differ. Writes summary.json: seconds, steps and the main checks.
"""

import argparse
import copy
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

import contextual_recall_world as task
from transformer_torch import Transformer

WIDTH, HEADS, LAYERS = 64, 4, 2
BATCH, EVALUATE_EVERY = 128, 20
MONITOR_ROWS, WATCHED_ROWS, CHECK_ROWS = 512, 256, 4096
PRETRAIN_STEPS, PRETRAIN_LIMIT, FINETUNE_STEPS, FINETUNE_LIMIT = 900, 2000, 700, 2000
FINETUNED_SHARE, REPLAY = 0.75, 0.4


def first_weights(random):
    deviation = WIDTH ** -0.5

    def normal(scale, *shape):
        return (scale * random.standard_normal(shape)).astype(np.float32)

    weights = {"embed.weight": normal(0.5, task.VOCABULARY, WIDTH),
               "pos_embed.weight": normal(0.3, task.POSITIONS, WIDTH),
               "unembed.weight": normal(deviation, WIDTH, task.VOCABULARY)}
    for layer in range(LAYERS):
        for name, scale in (("query", 1), ("key", 1), ("value", 1), ("output", 0.5)):
            path = f"blocks.{layer}.attn.{name}.weight"
            weights[path] = normal(scale * deviation, WIDTH, WIDTH)
    return weights


def learning_rate_factor(step, steps):
    angle = math.pi * min(step / steps, 1)
    return min(1, (step + 1) / 100) * (0.1 + 0.9 * (1 + math.cos(angle)) / 2)


def share(hits):
    return float(np.mean(hits))


class Experiment:
    """One run: a world, a model and where its numbers come from."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.world = task.World(FINETUNED_SHARE, self.random)
        self.monitor_seed, self.check_seed = seed + 1, seed + 2
        self.model = Transformer(first_weights(self.random), HEADS, one_product=True,
                                 written_out=True)

    # Batches: texts, and whether every position counts in the loss or the last only.

    def pretraining_batch(self):
        return self.world.pretraining(BATCH, task.NEUTRAL_RATE, self.random), True

    def finetuning_batch(self, mixed=False):
        if self.random.random() < REPLAY:
            return self.pretraining_batch()
        prompts = self.world.cue(BATCH, self.world.finetuned, mixed, self.random)
        return prompts.tokens, False

    def train(self, model, learning_rate, schedule_steps, limit, draw, is_good=None,
              may_stop_at=0):
        """Trains until is_good(measures) twice running, or to the limit; returns the steps.

        Where it may not stop yet, fewer prompts are watched; where nothing can be good, it measures
        at the end only."""
        parameters = list(model.parameters())
        optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.98), weight_decay=0, fused=True)
        good = 0
        for step in range(1, limit + 1):
            rate = learning_rate * learning_rate_factor(step - 1, schedule_steps)
            optimizer.param_groups[0]["lr"] = rate
            take_step(model, parameters, optimizer, *draw())
            if step < limit and (step % EVALUATE_EVERY or not is_good):
                continue
            is_judged = is_good and step + EVALUATE_EVERY >= may_stop_at
            measures = self.measure(model, MONITOR_ROWS if is_judged else WATCHED_ROWS,
                                    self.monitor_seed)
            good = good + 1 if is_good and is_good(measures) else 0
            if good >= 2 and step >= may_stop_at:
                return step
        return limit

    def measure(self, model, rows, seed):
        """Shares of right answers on `rows` prompts of each kind."""
        random = np.random.default_rng(seed)
        world = self.world
        texts = world.pretraining(rows, 0, random)
        subjects = texts[:, 1::4] - task.FIRST_SUBJECT
        hits = predict(model, texts)[:, 3::4] == texts[:, 4::4]
        held_out = np.isin(subjects, world.held_out)
        found = {"fact": share(hits[~held_out]), "fact_held_out": share(hits[held_out]),
                 "fact_of_all": share(hits)}
        shots = task.TUPLES - 1
        for name, context, queries in (("icl", world.finetuned, world.finetuned),
                                       ("icl_held_out", world.finetuned, world.held_out),
                                       ("icl_all_held_out", world.held_out, world.held_out)):
            prompts = world.recall(rows, context, queries, shots, random)
            found[name] = prompt_accuracy(model, prompts)
        for name, queries in (("cue", world.finetuned), ("cue_held_out", world.held_out)):
            found[name] = prompt_accuracy(model, world.cue(rows, queries, False, random))
        return found

    def take_picture(self, model):
        """Everything measured of a model that is done with a phase."""
        random = np.random.default_rng(self.check_seed)
        world = self.world
        picture = self.measure(model, CHECK_ROWS, self.check_seed)
        picture["by_shots"] = [
            prompt_accuracy(model, world.recall(CHECK_ROWS, world.finetuned, world.held_out, shots,
                                                random))
            for shots in range(task.TUPLES)]
        prompts = world.recall(CHECK_ROWS // 2, world.all, world.all, task.TUPLES - 1, random)
        picture["latents"] = [latent_statistics(latents, prompts)
                              for latents in latents_of(model, prompts)]
        return picture

    def run_control(self, pretrained, steps, draw):
        """Recall after as many steps of something else as the finetuning had."""
        model = copy.deepcopy(pretrained)
        self.train(model, 1e-3, FINETUNE_STEPS, steps, draw)
        world, random = self.world, np.random.default_rng(self.check_seed)
        prompts = world.recall(CHECK_ROWS, world.all, world.all, task.TUPLES - 1, random)
        return prompt_accuracy(model, prompts)


def take_step(model, parameters, optimizer, texts, every_position):
    texts = torch.from_numpy(texts)
    logits, targets = model(texts[:, :-1]), texts[:, 1:]
    if not every_position:
        logits, targets = logits[:, -1:], targets[:, -1:]
    optimizer.zero_grad()
    F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
    optimizer.step()


@torch.inference_mode()
def predict(model, texts):
    """The most likely next token at each position, (row, position)."""
    pieces = torch.from_numpy(texts[:, :-1]).split(BATCH)
    return torch.cat([model(piece).argmax(-1) for piece in pieces]).numpy()


def prompt_accuracy(model, prompts):
    return share(predict(model, prompts.tokens)[:, -1] == prompts.tokens[:, -1])


@torch.inference_mode()
def latents_of(model, prompts):
    """The residual stream at the query after each layer, (prompt, feature) each."""
    streams = model.residual_streams(torch.from_numpy(prompts.tokens[:, :-1]))
    return [stream[:, -1].double().numpy() for stream in streams]


def group_means(samples, labels):
    return np.stack([samples[labels == label].mean(axis=0) for label in np.unique(labels)])


def latent_statistics(latents, prompts):
    """How far the asked type can be read off: see examples/experiment/probes.hpp."""
    types, half = prompts.types, len(latents) // 2
    deviations = latents - latents.mean(axis=0)
    between = np.bincount(types) @ (group_means(deviations, types) ** 2).sum(axis=1)
    centroids = group_means(latents[:half], types[:half])
    distances = ((latents[half:, None] - centroids) ** 2).sum(axis=-1)
    _, queries = np.unique(prompts.queries, return_inverse=True)
    apart = latents - group_means(latents, queries)[queries]
    variances = np.linalg.eigh(np.cov(apart.T, bias=True)).eigenvalues[::-1]
    return {"between": float(between / (deviations ** 2).sum()),
            "probe": share(distances.argmin(axis=1) == types[half:]),
            "share_of_first_components": float(variances[:task.TYPES - 1].sum() / variances.sum()),
            "participation_ratio": float(variances.sum() ** 2 / (variances ** 2).sum())}


def run(experiment):
    """All phases; the summary."""
    start = time.perf_counter()
    pretrained = experiment.model
    pretrain_steps = experiment.train(
        pretrained, 2e-3, PRETRAIN_STEPS, PRETRAIN_LIMIT, experiment.pretraining_batch,
        is_good=lambda measures: measures["fact_of_all"] >= 0.999, may_stop_at=PRETRAIN_STEPS)
    pretrain_seconds = time.perf_counter() - start
    before = experiment.take_picture(pretrained)

    finetune_start = time.perf_counter()
    finetuned = copy.deepcopy(pretrained)
    finetune_steps = experiment.train(
        finetuned, 1e-3, FINETUNE_STEPS, FINETUNE_LIMIT, experiment.finetuning_batch,
        is_good=lambda measures: measures["cue"] >= 0.99)
    finetune_seconds = time.perf_counter() - finetune_start
    after = experiment.take_picture(finetuned)

    controls = {"more_pretraining": experiment.run_control(pretrained, finetune_steps,
                                                           experiment.pretraining_batch),
                "mixed_cue": experiment.run_control(pretrained, finetune_steps,
                                                    lambda: experiment.finetuning_batch(True))}
    return {"seconds": {"pretrain": pretrain_seconds, "finetune": finetune_seconds,
                        "total": time.perf_counter() - start},
            "steps": {"pretrain": pretrain_steps, "finetune": finetune_steps},
            "before": {"measures": before}, "after": {"measures": after}, "controls": controls}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    summary = run(Experiment(options.seed))
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
