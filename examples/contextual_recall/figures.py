"""Draws the figures of contextual recall runs.

    figures.py RUN                     the figures of one run, into its folder
    figures.py --summary=DIR RUN...    before and after over several seeds, into DIR
"""

import argparse
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

BEFORE, AFTER, GREY = "#c1513b", "#2a6f97", "#8a8a8a"
CURVES = {
    "fact": ("facts", "#444444", "-"),
    "fact_held_out": ("facts, held-out subjects", "#444444", ":"),
    "icl": ("contextual recall", AFTER, "-"),
    "icl_held_out": ("contextual recall, held-out query", AFTER, "--"),
    "icl_all_held_out": ("contextual recall, all held out", AFTER, ":"),
    "cue": ("cue task", "#d99a2b", "-"),
}


def read(run, name):
    return json.loads((run / name).read_text())


def save(figure, folder, name):
    for ending in ("png", "svg"):
        figure.savefig(folder / f"{name}.{ending}", dpi=150, bbox_inches="tight")
    plt.close(figure)


def tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)


def accuracy_over_steps(run, chance):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    pretrain = [line for line in lines if line["phase"] == "pretrain"]
    finetune = [line for line in lines if line["phase"] == "finetune"]
    offset = pretrain[-1]["step"]
    steps = [line["step"] for line in pretrain] + [offset + line["step"] for line in finetune]
    figure, axes = plt.subplots(figsize=(8, 4))
    for key, (label, colour, style) in CURVES.items():
        values = [line[key] for line in pretrain + finetune]
        axes.plot(steps, values, style, color=colour, label=label)
    axes.axvline(offset, color=GREY, linewidth=0.8)
    axes.text(offset, 1.04, "finetuning ", color=GREY, ha="left")
    axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
    axes.text(0, chance + 0.02, "chance by type", color=GREY, fontsize=8)
    axes.set(xlabel="step", ylabel="accuracy", ylim=(-0.02, 1.02))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    save(figure, run, "accuracy_over_steps")


def accuracy_by_shots(folder, summaries, chance):
    figure, axes = plt.subplots(figsize=(5, 3.5))
    for when, colour in (("before", BEFORE), ("after", AFTER)):
        curves = np.array([summary[when]["accuracy_by_shots"] for summary in summaries])
        shots = np.arange(curves.shape[1])
        for curve in curves:
            axes.plot(shots, curve, color=colour, alpha=0.35 if len(curves) > 1 else 1, linewidth=1)
        axes.plot(shots, curves.mean(axis=0), "o-", color=colour, label=f"{when} finetuning")
    axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
    axes.text(0, chance - 0.06, "chance by type", color=GREY, fontsize=8)
    axes.set(xlabel="examples of the asked type", ylabel="accuracy, held-out query", ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)
    tidy(axes)
    save(figure, folder, "accuracy_by_shots")


def latents(run, figures, summary):
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.8))
    for axes, when in zip(panels, ("before", "after")):
        points = np.array(figures[when]["components"])
        axes.scatter(points[:, 0], points[:, 1], c=points[:, 2], cmap="tab10", vmin=0, vmax=10, s=4)
        probe = summary[when]["latents"]["probe"][-1]
        axes.set_title(f"{when} finetuning: type read off {probe:.0%} of prompts", fontsize=9)
        axes.set(xlabel="component 1", ylabel="component 2")
        tidy(axes)
    figure.suptitle("Residual stream at the query, subject means taken off, by asked type",
                    fontsize=10)
    figure.tight_layout()
    save(figure, run, "latents")


def attention(run, figures):
    before = figures["before"]["patterns"]
    layers, heads, positions = before["layers"], before["heads"], before["positions"]
    figure, panels = plt.subplots(2 * layers, heads, figsize=(1.9 * heads, 3.8 * layers),
                                  squeeze=False)
    for row, (layer, when) in enumerate((l, w) for l in range(layers) for w in ("before", "after")):
        weights = np.array(figures[when]["patterns"]["weights"])
        weights = weights.reshape(layers, heads, positions, positions)
        for head in range(heads):
            axes = panels[row][head]
            axes.imshow(weights[layer, head], cmap="magma", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            if row == 0:
                axes.set_title(f"head {head}", fontsize=9)
            if head == 0:
                axes.set_ylabel(f"layer {layer}\n{when}", fontsize=9)
    figure.suptitle("Attention on one prompt (rows: query position, columns: key position)",
                    fontsize=10)
    figure.tight_layout()
    save(figure, run, "attention")


def before_and_after(folder, summaries, chance):
    """The finding in one picture: every seed a dot."""
    rows = [("fact_held_out", "facts"), ("icl", "contextual recall"),
            ("icl_held_out", "recall, held-out query"), ("icl_all_held_out", "recall, all held out")]
    figure, axes = plt.subplots(figsize=(7, 3.2))
    rng = np.random.default_rng(0)
    for place, (key, _) in enumerate(rows):
        for side, (when, colour) in enumerate((("before", BEFORE), ("after", AFTER))):
            values = np.array([summary[when]["measures"][key] for summary in summaries])
            x = place + (side - 0.5) * 0.36
            axes.bar(x, values.mean(), 0.32, color=colour, alpha=0.35,
                     label=f"{when} finetuning" if place == 0 else None)
            spread = rng.uniform(-0.08, 0.08, len(values)) if len(values) > 1 else 0
            axes.plot(x + spread, values, "o", color=colour, markersize=4)
    for place, (key, label) in enumerate((("more_pretraining", "control:\nmore pretraining"),
                                          ("mixed_cue", "control:\nmixed-type cue"))):
        values = np.array([summary["controls"][key] for summary in summaries])
        x = len(rows) + place
        axes.bar(x, values.mean(), 0.32, color=GREY, alpha=0.35)
        axes.plot(np.full(len(values), x), values, "o", color=GREY, markersize=4)
        rows.append((key, label))
    axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
    axes.text(len(rows) - 0.5, chance, " chance\n by type", color=GREY, fontsize=8, va="center")
    axes.set_xticks(range(len(rows)), [label.replace(", ", ",\n") for _, label in rows], fontsize=8)
    axes.set(ylabel="accuracy", ylim=(0, 1.05))
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 1.15), ncols=2)
    tidy(axes)
    save(figure, folder, "before_and_after")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN")
    parser.add_argument("--summary", type=pathlib.Path, metavar="DIR")
    options = parser.parse_args()
    summaries = [read(run, "summary.json") for run in options.runs]
    chance = 1 / read(options.runs[0], "config.json")["world"]["types"]
    if options.summary:
        before_and_after(options.summary, summaries, chance)
        accuracy_by_shots(options.summary, summaries, chance)
        return
    run, summary = options.runs[0], summaries[0]
    figures = read(run, "figures.json")
    accuracy_over_steps(run, chance)
    accuracy_by_shots(run, summaries, chance)
    before_and_after(run, summaries, chance)
    latents(run, figures, summary)
    attention(run, figures)


if __name__ == "__main__":
    main()
