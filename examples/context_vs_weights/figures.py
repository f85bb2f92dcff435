"""Draws the figures of context_vs_weights runs.

    figures.py RUN                     the figures of one run, or of --sweep heads, into its folder
    figures.py --summary=DIR RUN...    those over several seeds, into DIR
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiment"))
from drawing import GREY, folders, plt, read, save, tidy  # noqa: E402

RULE, EXEMPLAR, CONTROL = "#2a6f97", "#c1513b", "#d99a2b"
CONTEXTS = (("few_shot", "in context\n(few-shot training)", EXEMPLAR),
            ("rule", "in context\n(after rule training)", RULE),
            ("control", "in context\n(control: BX never asked)", CONTROL))
MAPS = (("in_weights", "in weights"), ("in_context", "in context"),
        ("after_rule_training", "in context,\nafter rule training"),
        ("after_control_training", "in context,\ncontrol"))


def scatter(axes, place, values, colour, filled=True):
    offsets = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else [0]
    axes.plot(place + np.array(offsets), values, "o", markersize=4, color=colour, alpha=0.7,
              fillstyle="full" if filled else "none", linestyle="none")


def reference_lines(axes):
    axes.axhline(1, color=RULE, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.axhline(0.5, color=EXEMPLAR, linewidth=0.8, linestyle=(0, (4, 2)))
    end = axes.get_xlim()[1]
    axes.text(end, 1, " rule", color=RULE, fontsize=8, va="center")
    axes.text(end, 0.5, " exemplars", color=EXEMPLAR, fontsize=8, va="center")


def rules(models, context):
    return [model["BX"][context]["rule"] for model in models]


def rule_fractions(folder, summaries):
    """A dot for each set of stimuli or model; over several seeds, for each seed."""
    several = len(summaries) > 1

    def values(of):
        return [np.mean(of(summary)) for summary in summaries] if several else of(summaries[0])

    figure, axes = plt.subplots(figsize=(8.5, 3.6))
    labels = []
    for key, label, colour in (("exposed", "in weights", RULE),
                               ("conflicting_sets_and_twins", "in weights\n(both predict)", GREY)):
        found = values(lambda summary: [one["BX"]["rule"] for one in summary["in_weights"][key]])
        scatter(axes, len(labels), sorted(found), colour)
        axes.plot([len(labels) - 0.25, len(labels) + 0.25], [np.mean(found)] * 2, color="#222222")
        labels.append(label)
    for key, label, colour in CONTEXTS:
        for context, filled in (("exemplar_balanced", True), ("label_balanced", False)):
            found = values(lambda summary: rules(summary["in_context"][key], context))
            scatter(axes, len(labels), found, colour, filled)
            if filled:
                axes.plot([len(labels) - 0.25, len(labels) + 0.25], [np.mean(found)] * 2,
                          color="#222222")
        labels.append(label)
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set(ylim=(-0.03, 1.05), ylabel="share of answers to BX\nthat follow the rule")
    reference_lines(axes)
    kind = "seed" if several else "set of stimuli or model"
    axes.set_title(f"a dot a {kind}; bars: means; hollow: label-balanced contexts", fontsize=9)
    tidy(axes)
    save(figure, folder, "rule_fractions")


def decision_maps(run, maps):
    side = maps["side"]
    figure, panels = plt.subplots(1, len(MAPS), figsize=(11, 3), layout="constrained")
    for axes, (key, title) in zip(panels, MAPS):
        values = np.array(maps[key]).reshape(side, side)
        shown = axes.imshow(values, vmin=0, vmax=1, cmap="RdYlBu", origin="lower",
                            extent=(0, 1, 0, 1))
        axes.contour(np.linspace(0, 1, side), np.linspace(0, 1, side), values, levels=[0.5],
                     colors="black", linewidths=0.8)
        axes.set_xticks([0, 1], ["W", "X"])
        axes.set_yticks([0, 1], ["A", "B"])
        axes.set_xlabel("second feature")
        axes.set_title(title, fontsize=9)
    panels[0].set_ylabel("first feature")
    figure.colorbar(shown, ax=panels, label="probability of BW's label")
    save(figure, run, "decision_maps")


def by_example_prediction(run, summary):
    """The network beside the nearest exemplar and the generalised context model."""
    contexts = ("label_balanced", "exemplar_balanced", "conflicting")
    figure, axes = plt.subplots(figsize=(6.5, 3.2))
    found = summary["in_context"]
    rows = [("network, few-shot", [rules(found["few_shot"], one) for one in contexts], EXEMPLAR),
            ("context model, fitted to it",
             [[model["context_model"][one]["rule_probability"] for model in found["few_shot"]]
              for one in contexts], GREY),
            ("nearest exemplar",
             [[found["nearest_exemplar"][one]["rule"]] for one in contexts], "#6a8f5b")]
    for row, (label, values, colour) in enumerate(rows):
        axes.bar(np.arange(3) + 0.27 * (row - 1), [np.mean(one) for one in values], 0.25,
                 color=colour, label=label)
    axes.axhline(0.5, color="#222222", linewidth=0.6)
    axes.set_xticks(range(3), [one.replace("_", "-") for one in contexts], fontsize=9)
    axes.set(ylim=(0, 1), ylabel="share of the rule's label")
    axes.legend(frameon=False, fontsize=8)
    tidy(axes)
    save(figure, run, "predictions")


def attention(folder, runs):
    """Where each head of the last layer looks from the query, and what its ablation does: of the
    models of each run."""
    kinds = ("AX", "BW", "AW", "CY", "query")
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.4))
    panels[1].sharey(panels[0])
    for place, (training, colour) in enumerate((("few-shot", EXEMPLAR), ("rule", RULE))):
        axes, models = panels[place], [run[training] for run in runs]
        last = max(head["layer"] for head in models[0]["heads"])
        for index, model in enumerate(models):
            for head in model["heads"]:
                if head["layer"] == last:
                    axes.plot(range(len(kinds)), [head["attention"][kind] for kind in kinds], "-",
                              marker="osD^v"[index % 5], color=colour, alpha=0.6, markersize=4,
                              linewidth=1)
            without = [head["rule_without"] for head in model["heads"]]
            at = place + 0.2 * (index - (len(models) - 1) / 2)
            panels[2].plot([at] * len(without), without, "o", color=colour, markersize=4, alpha=0.5)
            panels[2].plot(at, model["rule_without_chosen"], "s", color=colour, markersize=7,
                           fillstyle="none")
            panels[2].plot([at - 0.07, at + 0.07], [model["rule"]] * 2, color="#222222")
        axes.set_xticks(range(len(kinds)), kinds)
        axes.set(xlabel="exemplars of")
        axes.set_title(f"{training} training: heads of layer {last}", fontsize=9)
        axes.axvspan(-0.4, 1.4, color=GREY, alpha=0.12, linewidth=0)
    panels[0].text(0.5, panels[0].get_ylim()[1], "share a feature\nwith BX", fontsize=8,
                   ha="center", va="top", color="#555555")
    panels[0].set(ylabel="attention from the query of BX")
    panels[2].set_xticks([0, 1], ["few-shot training", "rule training"])
    panels[2].set(ylim=(0, 1.05), ylabel="rule fraction")
    panels[2].set_title("bar: the model; dot: without one head; square: without\nthe head that "
                        "mattered most on other sequences", fontsize=8)
    for axes in panels:
        tidy(axes)
    figure.tight_layout()
    save(figure, folder, "attention")


def main():
    runs, summary_folder = folders(__doc__)
    summaries = [read(run, "summary.json") for run in runs]
    folder = summary_folder or runs[0]
    if "sweep" in summaries[0]:
        attention(folder, [read(found.parent, found.name)
                           for found in sorted(folder.glob("both/seed*/heads.json"))])
        return
    rule_fractions(folder, summaries)
    if summary_folder:
        return
    decision_maps(folder, read(folder, "figures.json")["maps"])
    by_example_prediction(folder, summaries[0])


if __name__ == "__main__":
    main()
