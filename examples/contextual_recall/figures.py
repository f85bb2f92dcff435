"""Draws the figures of contextual recall runs.

    figures.py RUN                     the figures of one run, into its folder
    figures.py --summary=DIR RUN...    before and after over several seeds, into DIR
"""

import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiment"))
from drawing import GREY, folders, plt, read, save, tidy  # noqa: E402
from inside_figures import AFTER, BEFORE, dynamics, mechanism  # noqa: E402

CURVES = {
    "fact": ("facts", "#444444", "-"),
    "fact_held_out": ("facts, held-out subjects", "#444444", ":"),
    "icl": ("contextual recall", AFTER, "-"),
    "icl_held_out": ("contextual recall, held-out query", AFTER, "--"),
    "icl_all_held_out": ("contextual recall, all held out", AFTER, ":"),
    "cue": ("cue task", "#d99a2b", "-"),
}


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
    axes.text(offset, 1.04, "finetuning", color=GREY, ha="left", fontsize=9)
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
    measured = {"fact_held_out": "facts", "icl": "contextual\nrecall",
                "icl_held_out": "recall,\nquery\nheld out",
                "icl_all_held_out": "recall,\nall subjects\nheld out"}
    controls = {"more_pretraining": "recall after\nmore\npretraining",
                "mixed_cue": "recall after\nmixed-type\ncue"}
    figure, axes = plt.subplots(figsize=(8, 3.4))
    spread = np.linspace(-0.08, 0.08, len(summaries)) if len(summaries) > 1 else np.zeros(1)

    def bar(x, values, colour, label=None):
        axes.bar(x, np.mean(values), 0.32, color=colour, alpha=0.35, label=label)
        axes.plot(x + spread, values, "o", color=colour, markersize=4)

    for place, key in enumerate(measured):
        for side, when, colour in ((-0.18, "before", BEFORE), (0.18, "after", AFTER)):
            bar(place + side, [summary[when]["measures"][key] for summary in summaries], colour,
                f"{when} finetuning" if place == 0 else None)
    for place, key in enumerate(controls, start=len(measured)):
        bar(place, [summary["controls"][key] for summary in summaries], GREY,
            "controls" if place == len(measured) else None)
    axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
    axes.text(5.45, chance, "chance\nby type", color=GREY, fontsize=8, va="center")
    axes.set_xticks(range(6), [*measured.values(), *controls.values()], fontsize=8)
    axes.set(ylabel="accuracy", ylim=(0, 1.05), xlim=(-0.5, 5.4))
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    tidy(axes)
    save(figure, folder, "before_and_after")


def main():
    runs, folder = folders(__doc__)
    summaries = [read(run, "summary.json") for run in runs]
    chance = 1 / read(runs[0], "config.json")["world"]["types"]
    if folder:
        before_and_after(folder, summaries, chance)
        accuracy_by_shots(folder, summaries, chance)
        dynamics(folder, summaries, chance)
        mechanism(folder, summaries)
        return
    run, summary = runs[0], summaries[0]
    figures = read(run, "figures.json")
    accuracy_over_steps(run, chance)
    accuracy_by_shots(run, summaries, chance)
    before_and_after(run, summaries, chance)
    latents(run, figures, summary)
    attention(run, figures)
    dynamics(run, summaries, chance)
    mechanism(run, summaries)


if __name__ == "__main__":
    main()
