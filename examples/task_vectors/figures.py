"""Draws the figures of task_vectors runs.

    figures.py RUN                     the figures of one run, into its folder
    figures.py --summary=DIR RUN...    those over several seeds, into DIR
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiment"))
from drawing import GREY, folders, plt, reach, read, save, tidy  # noqa: E402

OPERATORS = ("AND", "NAND", "OR", "NOR", "XOR", "XNOR", "Null")
ACCURACY, DECODABILITY = "#2a6f97", "#c1513b"
CASES = (("pretrained", "untuned", GREY), ("first half tuned", "first half\ntuned", ACCURACY),
         ("last half tuned", "last half\ntuned", "#d99a2b"),
         ("pretrained, prompted", "untuned,\noperator named", "#6a8f5b"))


def examples(count):
    return "1 example" if count == 1 else f"{count} examples"


def accuracy_and_decodability(run, summary, figures):
    """One panel for each number of examples: both over the steps of training."""
    layer = summary["best_layer"] - 1
    checkpoints = figures["checkpoints"]
    steps = [checkpoint["step"] for checkpoint in checkpoints]
    accuracy = np.array([checkpoint["accuracy"] for checkpoint in checkpoints])
    found = np.array([checkpoint["decodability"] for checkpoint in checkpoints])[:, layer]
    shots = accuracy.shape[1]
    figure, panels = plt.subplots(1, shots, figsize=(2.6 * shots, 2.8), sharey=True)
    for s, axes in enumerate(panels):
        axes.plot(steps, accuracy[:, s], color=ACCURACY, label="accuracy")
        axes.plot(steps, found[:, s], color=DECODABILITY, label="task decodability")
        axes.axhline(summary["bayes"]["by_shots"][s], color=ACCURACY, linewidth=0.8,
                     linestyle=(0, (4, 2)), label="accuracy of the ideal observer")
        axes.axhline(summary["decodability_of_ones"][s], color=DECODABILITY, linewidth=0.8,
                     linestyle=(0, (1, 2)), label="decodability of the number of ones")
        axes.set(xlabel="step", ylim=(0, 1.02))
        axes.set_title(examples(s), fontsize=10)
        tidy(axes)
    panels[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, run, "accuracy_and_decodability")


def decodability_by_layer(run, figures):
    checkpoints = figures["checkpoints"]
    found = np.array([[layer[-1] for layer in checkpoint["decodability"]]
                      for checkpoint in checkpoints])
    steps = [checkpoint["step"] for checkpoint in checkpoints]
    figure, axes = plt.subplots(figsize=(7, 0.5 * found.shape[1] + 1))
    edges = np.append(steps, 2 * steps[-1] - steps[-2] if len(steps) > 1 else 1)
    mesh = axes.pcolormesh(edges, np.arange(found.shape[1] + 1) + 0.5, found.T, vmin=0, vmax=1,
                           cmap="viridis")
    axes.set(xlabel="step", ylabel="layer", yticks=np.arange(found.shape[1]) + 1)
    figure.colorbar(mesh, label="task decodability")
    save(figure, run, "decodability_by_layer")


def states(run, summary, figures):
    operators = np.array(figures["operators"])
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.3))
    for axes, moment, name in zip(panels, figures["moments"], ("untrained", "plateau", "trained")):
        points = np.array(moment["points"])
        for operator in np.unique(operators):
            chosen = points[operators == operator]
            axes.scatter(chosen[:, 0], chosen[:, 1], s=8, color=plt.cm.tab10(operator),
                         label=OPERATORS[operator])
        axes.set_title(f"{name}, step {moment['step']}", fontsize=10)
        axes.set(xticks=[], yticks=[], xlabel="component 1")
        tidy(axes)
    panels[0].set_ylabel("component 2")
    panels[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(f"States at '=' after layer {summary['best_layer']}", fontsize=11)
    figure.tight_layout()
    save(figure, run, "states")


def patching(run, summary):
    layer = summary["best_layer"] - 1
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axes, kind, title in zip(panels, ("own", "targets"),
                                 ("answers of the own operator", "answers of the target")):
        values = np.array(summary["patch_at_answer"][kind][layer])
        shown = axes.imshow(values, vmin=0, vmax=1, cmap="viridis")
        for source, row in enumerate(values):
            for target, value in enumerate(row):
                axes.text(target, source, f"{value:.2f}", ha="center", va="center", fontsize=7,
                          color="white" if value < 0.6 else "black")
        axes.set_xticks(range(6), OPERATORS[:6], fontsize=8)
        axes.set_yticks(range(6), OPERATORS[:6], fontsize=8)
        axes.set(xlabel="moved towards")
        axes.set_title(title, fontsize=10)
    panels[0].set_ylabel("operator of the prompt")
    figure.colorbar(shown, ax=panels, shrink=0.8, label="share")
    figure.suptitle(f"Means of operators exchanged after layer {layer + 1}", fontsize=11)
    save(figure, run, "patching")


def relation(run, summary):
    layer = summary["best_layer"] - 1
    found = np.array(summary["decodability"]["by_layer_shots_and_task"])[layer]  # (shots, task)
    accuracy = np.array(summary["accuracy"]["by_task"]).T
    fit = summary["relation_over_tasks"]
    figure, axes = plt.subplots(figsize=(4.6, 3.6))
    for task in range(found.shape[1]):
        axes.plot(found[1:, task], accuracy[1:, task], "o-", markersize=4, linewidth=0.6,
                  color=plt.cm.tab10(task), label=OPERATORS[task])
    ends = np.array([found[1:].min(), found[1:].max()])
    axes.plot(ends, fit["intercept"] + fit["slope"] * ends, color=GREY, linewidth=1)
    axes.set_title(f"R² {fit['r_squared']:.2f} ({fit['low']:.2f} to {fit['high']:.2f})",
                   fontsize=10)
    axes.set(xlabel="task decodability", ylabel="accuracy")
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    save(figure, run, "relation")


def early_against_late(folder, summaries):
    """Accuracy and decodability with the most examples. Of one run with the 95 % intervals over
    prompts, and operators; of several each seed a dot, with that of their mean."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.3))
    for place, (name, label, colour) in enumerate(CASES):
        cases = [next(case for case in summary["cases"] if case["name"] == name)
                 for summary in summaries]
        accuracy = [case["accuracy"]["by_shots"][-1] for case in cases]
        found = [max(layer[-1] for layer in case["decodability"]["by_layer_and_shots"])
                 for case in cases]
        for axes, values, key in zip(panels, (accuracy, found),
                                     ("intervals_by_shots", "decodability_intervals")):
            mean = np.mean(values)
            axes.bar(place, mean, 0.6, color=colour, alpha=0.45)
            if len(values) > 1:
                axes.plot(place + np.linspace(-0.12, 0.12, len(values)), values, "o", color=colour,
                          markersize=4)
                interval = mean - reach(values), mean + reach(values)
            else:
                interval = cases[0][key][-1]
            below, above = np.maximum([mean - interval[0], interval[1] - mean], 0)
            axes.errorbar(place, mean, [[below], [above]], color="#444444", capsize=3)
    leak = np.mean([max(layer[-1] for layer in
                        summary["untrained_prompted_decodability"]["by_layer_and_shots"])
                    for summary in summaries])
    panels[1].axhline(leak, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    panels[1].text(3.4, leak, "never trained,\noperator named", fontsize=8, color=GREY, va="center")
    for axes, title in zip(panels, ("accuracy", "task decodability, best layer")):
        axes.set_xticks(range(len(CASES)), [label for _, label, _ in CASES], fontsize=8)
        axes.set(ylim=(0, 1.05))
        axes.set_title(title, fontsize=10)
        tidy(axes)
    figure.tight_layout()
    save(figure, folder, "early_against_late")


def coupling(folder, summaries):
    """The plateau and the end of every seed, in accuracy and decodability."""
    figure, axes = plt.subplots(figsize=(4.8, 3.6))
    for summary in summaries:
        jump, layer = summary["jump"], summary["best_layer"] - 1
        if jump["step"] == 0:
            continue
        end = summary["decodability"]["by_layer_and_shots"][layer][-1]
        axes.annotate("", (end, summary["accuracy"]["by_shots"][-1]),
                      (jump["plateau_decodability"], jump["plateau_accuracy"]),
                      arrowprops={"arrowstyle": "->", "color": ACCURACY})
    axes.set(xlabel="task decodability", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title("from the plateau to the end, a seed an arrow", fontsize=10)
    tidy(axes)
    save(figure, folder, "coupling")


def regression_errors(run, summary):
    """What is left to explain after each number of examples, and each basis over the steps."""
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    for name, label, style in (("blind", "ridge regression, all coordinates", (0, (1, 2))),
                               ("mixture", "mixture of the bases", (0, (4, 2))),
                               ("oracle", "basis known", "-")):
        axes.plot(summary[name]["by_examples"], color=GREY, linewidth=1, linestyle=style,
                  label=label)
    for basis, values in enumerate(summary["errors"]["by_basis"]):
        axes.plot(values, color=plt.cm.tab10(basis), linewidth=0.8, alpha=0.7,
                  label=f"model, basis {basis + 1}")
    axes.plot(summary["errors"]["by_examples"], "o-", color="black", markersize=3, linewidth=1.2,
              label="model")
    axes.set(xlabel="examples", ylabel="mean squared error", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    save(figure, run, "regression_errors")


def regression_training(run, summary, figures):
    """Errors by basis, and the score with the decodability, over the steps of training."""
    checkpoints = figures["checkpoints"]
    steps = [checkpoint["step"] for checkpoint in checkpoints]
    by_basis = np.array([checkpoint["errors"]["by_basis"] for checkpoint in checkpoints])
    layer = summary["best_layer"] - 1
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.2))
    for basis in range(by_basis.shape[1]):
        panels[0].plot(steps, by_basis[:, basis].mean(axis=1), color=plt.cm.tab10(basis),
                       label=f"basis {basis + 1}")
    panels[0].axhline(np.mean(summary["mixture"]["by_examples"]), color=GREY, linewidth=0.8,
                      linestyle=(0, (4, 2)), label="mixture of the bases")
    panels[0].axhline(np.mean(summary["blind"]["by_examples"]), color=GREY, linewidth=0.8,
                      linestyle=(0, (1, 2)), label="all coordinates")
    panels[0].set(xlabel="step", ylabel="mean squared error", ylim=(0, 1.6))
    panels[0].legend(frameon=False, fontsize=7)
    panels[1].plot(steps, [checkpoint["score"] for checkpoint in checkpoints], color=ACCURACY,
                   label="basis score")
    panels[1].plot(steps, [checkpoint["decodability"][layer][0] for checkpoint in checkpoints],
                   color=DECODABILITY, label=f"decodability, layer {layer + 1}")
    panels[1].axhline(0, color=GREY, linewidth=0.5)
    panels[1].set(xlabel="step", ylim=(-1, 1.02))
    panels[1].legend(frameon=False, fontsize=8)
    for axes in panels:
        tidy(axes)
    figure.tight_layout()
    save(figure, run, "regression_training")


def regression_states(run, summary, figures):
    bases = np.array(figures["bases"])
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.3))
    for axes, moment in zip(panels, figures["moments"]):
        points = np.array(moment["points"])
        for basis in np.unique(bases):
            chosen = points[bases == basis]
            axes.scatter(chosen[:, 0], chosen[:, 1], s=8, color=plt.cm.tab10(basis),
                         label=f"basis {basis + 1}")
        axes.set_title(f"step {moment['step']}", fontsize=10)
        axes.set(xticks=[], yticks=[], xlabel="component 1")
        tidy(axes)
    panels[0].set_ylabel("component 2")
    panels[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(f"States at the last x after layer {summary['best_layer']}", fontsize=11)
    figure.tight_layout()
    save(figure, run, "regression_states")


def main():
    runs, summary_folder = folders(__doc__)
    summaries = [read(run, "summary.json") for run in runs]

    def of(name):
        return [summary[name] for summary in summaries if name in summary]

    folder = summary_folder or runs[0]
    if of("finetune"):
        early_against_late(folder, of("finetune"))
    if summary_folder:
        if of("bitwise"):
            coupling(folder, of("bitwise"))
        return
    figures = read(folder, "figures.json")
    if of("bitwise"):
        summary, curves = summaries[0]["bitwise"], figures["bitwise"]
        accuracy_and_decodability(folder, summary, curves)
        decodability_by_layer(folder, curves)
        states(folder, summary, curves)
        patching(folder, summary)
        relation(folder, summary)
    if of("regression"):
        summary, curves = summaries[0]["regression"], figures["regression"]
        regression_errors(folder, summary)
        regression_training(folder, summary, curves)
        regression_states(folder, summary, curves)


if __name__ == "__main__":
    main()
