"""Draws the figures of context_awareness runs.

    figures.py RUN                     the figures of one run, into its folder
    figures.py --summary=DIR RUN...    those over several seeds, into DIR
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiment"))
from drawing import GREY, folders, plt, reach, read, save, tidy  # noqa: E402

CONTEXT, MEMORY, STEERED = "#2a6f97", "#c1513b", "#d99a2b"
SORTS = {"dependent": ("the context, against the facts", CONTEXT),
         "agreeing": ("facts, in the context too", "#6a8f5b"),
         "contradicting": ("facts, against the context", MEMORY),
         "none": ("facts, not in the context", "#d99a2b")}
METHODS = {"vanilla": ("vanilla tuning", "o", GREY),
           "steering": ("steered, always", "D", "#efcf9c"),
           "steering where asked": ("steered, where asked for", "D", STEERED),
           "indicator always": ("indicator, always", "^", "#8fb8d4"),
           "indicator where asked": ("indicator, where asked for", "^", CONTEXT),
           "oracle always": ("oracle's indicator, always", "v", "#b7cfae"),
           "oracle where asked": ("oracle's indicator, where asked for", "v", "#6a8f5b"),
           "enriched": ("half of the data context-dependent", "s", MEMORY),
           "control": ("control: no answer against the context", "P", "#7d5a8c"),
           "without template": ("without template, always", "X", "#b4b4b4"),
           "without template where asked": ("without template, where asked for", "X", "#444444")}


def interval(values):
    """Mean and half the width of its 95 % confidence interval; none for one value."""
    return np.mean(values), reach(values) if len(values) > 1 else 0.0


def say_of_seeds(axes, summaries, what):
    """Says above the axes what of several seeds is shown."""
    if len(summaries) > 1:
        axes.set_title(f"mean of {len(summaries)} seeds; {what}", fontsize=9)


RANGES = "bands: least to greatest"


def draw_band(axes, x, curves, colour, label, marker="o-"):
    """The mean of curves, and their range, least to greatest, where there are several."""
    curves = np.array(curves)
    axes.plot(x, curves.mean(axis=0), marker, color=colour, label=label, markersize=4)
    if len(curves) > 1:
        axes.fill_between(x, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.15,
                          linewidth=0)


def recall_and_memory(folder, summaries):
    """Every way to ask a point: what it wins, and what it loses."""
    figure, axes = plt.subplots(figsize=(6.2, 4.6))
    for name, (label, marker, colour) in METHODS.items():
        points = [summary["methods"][name] for summary in summaries]
        x, dx = interval([point["memory"] for point in points])
        y, dy = interval([point["recall"] for point in points])
        axes.errorbar(x, y, xerr=dx or None, yerr=dy or None, fmt=marker, color=colour,
                      label=label, capsize=2, elinewidth=0.9, markersize=7)
    sweep = [[(one["memory"]["exact"], one["needle"]["recall"])
              for one in summary["steering"]["over_alphas"]] for summary in summaries]
    path = np.array(sweep).mean(axis=0)
    axes.plot(path[:, 0], path[:, 1], color=STEERED, linewidth=0.9,
              linestyle=(0, (3, 2)), zorder=0)
    axes.set(xlabel="accuracy on facts that the context does not mention",
             ylabel="recall of the needle", ylim=(-0.02, 1.04), xlim=(None, 1.02))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    say_of_seeds(axes, summaries, "bars: 95 % intervals of the mean")
    tidy(axes)
    save(figure, folder, "recall_and_memory")


def needle_by_depth(folder, summaries):
    figure, axes = plt.subplots(figsize=(5.6, 3.2))
    depth = np.linspace(0, 100, len(summaries[0]["base"]["raw"]["needle_by_depth"]))
    for model, form, label, colour, marker in (
            ("base", "raw", "base model", "#444444", "-"),
            ("vanilla", "raw", "vanilla tuning, without template", CONTEXT, "-"),
            ("vanilla", "template", "vanilla tuning, with template", MEMORY, "-"),
            ("conditional", "indicator", "conditional tuning, with indicator", "#6a8f5b", "-")):
        scores = [summary[model].get("scores", summary[model]) for summary in summaries]
        draw_band(axes, depth, [one[form]["needle_by_depth"] for one in scores], colour, label,
                  marker)
    axes.set(xlabel="depth of the needle, % of the context", ylabel="recall of the needle",
             ylim=(-0.02, 1.04))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    say_of_seeds(axes, summaries, RANGES)
    tidy(axes)
    save(figure, folder, "needle_by_depth")


def needle_map(folder, maps):
    """The paper's heat map: recall over depth and length, in mean over the seeds."""
    figure, panels = plt.subplots(1, 3, figsize=(12.5, 3.6), sharey=True, layout="constrained")
    for axes, form, title in zip(panels, ("raw", "template", "indicator"),
                                 ("vanilla, without template", "vanilla, with template",
                                  "conditional, with indicator")):
        recall = np.mean([one[form]["recall"] for one in maps], axis=0)
        shown = axes.imshow(recall.T, vmin=0, vmax=1, cmap="RdYlGn", aspect="auto")
        lengths = maps[0][form]["lengths"]
        ticks = np.unique(np.linspace(0, len(lengths) - 1, min(7, len(lengths))).astype(int))
        axes.set_xticks(ticks, [lengths[i] for i in ticks])
        rows = recall.shape[1]
        axes.set_yticks([0, (rows - 1) / 2, rows - 1], ["0", "50", "100"])
        axes.set(xlabel="tokens of context")
        axes.set_title(f"{title}: mean {recall.mean():.2f}", fontsize=10)
    panels[0].set_ylabel("depth of the needle, %")
    figure.colorbar(shown, ax=panels, shrink=0.9, label="recall")
    if len(maps) > 1:
        figure.suptitle(f"mean of {len(maps)} seeds", fontsize=9)
    save(figure, folder, "needle_map")


def attention(run, figures):
    """Shares of the last layers' heads, raw against template."""
    raw, template = figures["attention"]["raw"], figures["attention"]["template"]
    parts = (("context", "context", CONTEXT), ("question", "question and key", "#8fb8d4"),
             ("begin", "BOS", GREY), ("roles", "template", MEMORY))
    figure, panels = plt.subplots(1, len(raw), figsize=(1.2 + 2.6 * len(raw), 3), sharey=True)
    for layer, axes in enumerate(np.atleast_1d(panels)):
        for side, heads in ((-0.2, raw[layer]), (0.2, template[layer])):
            bottom = np.zeros(len(heads))
            for key, label, colour in parts:
                values = np.array([head[key] for head in heads])
                axes.bar(np.arange(len(heads)) + side, values, 0.36, bottom=bottom, color=colour,
                         label=label if side < 0 else None)
                bottom += values
        axes.set_xticks(range(len(raw[layer])), [f"head {i}" for i in range(len(raw[layer]))],
                        fontsize=8)
        axes.set_title(f"layer {layer + 1}", fontsize=10)
        tidy(axes)
    first = np.atleast_1d(panels)[0]
    first.set(ylabel="share of attention", ylim=(0, 1))
    np.atleast_1d(panels)[-1].legend(frameon=False, fontsize=8, loc="center left",
                                     bbox_to_anchor=(1, 0.5))
    figure.suptitle("At the first answer: left without template, right with it", fontsize=10)
    figure.tight_layout()
    save(figure, run, "attention")


def steering(folder, summaries):
    groups = len(summaries[0]["steering"]["heads"]) + len(summaries[0]["steering"]["by_layer"])
    width = max(4.8, 0.26 * groups)
    figure, panels = plt.subplots(1, 2, figsize=(4.8 + width, 3.2), width_ratios=(4.8, width))
    axes = panels[0]
    alphas = [one["alpha"] for one in summaries[0]["steering"]["over_alphas"]]
    for key, measure, label, colour in (("needle", "recall", "recall of the needle", CONTEXT),
                                        ("memory", "exact", "accuracy on facts", MEMORY)):
        draw_band(axes, alphas, [[one[key][measure] for one in s["steering"]["over_alphas"]]
                                 for s in summaries], colour, label)
    raw = np.mean([summary["vanilla"]["raw"]["needle"]["recall"] for summary in summaries])
    axes.axhline(raw, color=CONTEXT, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.text(alphas[-1], raw - 0.07, "recall without template", color=CONTEXT, fontsize=8,
              ha="right")
    axes.set_xscale("log")
    axes.invert_xaxis()
    axes.set(xlabel="alpha, all heads", ylim=(-0.02, 1.04))
    axes.legend(frameon=False, fontsize=8, loc="center left")
    say_of_seeds(axes, summaries, RANGES)
    tidy(axes)

    steering_alone(panels[1], summaries)
    figure.tight_layout()
    save(figure, folder, "steering")


def steering_alone(axes, summaries):
    """What each head wins and costs, steered alone; the best of them; each layer; and all."""
    several = len(summaries) > 1
    vanilla = [summary["vanilla"]["template"] for summary in summaries]
    heads = summaries[0]["steering"]["heads"]
    layers = summaries[0]["steering"]["by_layer"]

    def gains_of(results_of):
        """(measure, seed, what is steered): recall won, and facts lost."""
        rows = [(results_of(summary["steering"]), before)
                for summary, before in zip(summaries, vanilla)]
        return np.array([[[one["needle"]["recall"] - before["needle"]["recall"] for one in results]
                          for results, before in rows],
                         [[before["memory"]["exact"] - one["memory"]["exact"] for one in results]
                          for results, before in rows]])

    of_heads = gains_of(lambda found: found["heads"])
    # Heads have no order that seeds share: each seed's are sorted within their layer by recall.
    if several:
        order = np.array([np.lexsort((-row, [head["layer"] for head in heads]))
                          for row in of_heads[0]])
        of_heads = np.take_along_axis(of_heads, order[np.newaxis], axis=2)
    others = gains_of(lambda found: [found["best_head"], *found["by_layer"], found["chosen"]])
    gains = np.concatenate((of_heads, others), axis=2)
    places = np.arange(gains.shape[2]) + 0.6 * (np.arange(gains.shape[2]) >= len(heads))
    for side, rows, label, colour in ((-0.2, gains[0], "recall won", CONTEXT),
                                      (0.2, gains[1], "facts lost", MEMORY)):
        axes.bar(places + side, rows.mean(axis=0), 0.36, color=colour, alpha=0.6, label=label)
        if several:
            for row in rows:
                axes.plot(places + side, row, ".", color=colour, markersize=4)
    axes.axhline(0, color=GREY, linewidth=0.8)
    names = [f"{head['layer'] + 1}.{head['head']}" for head in heads]
    names += ["best", *(f"{layer['layer'] + 1}.all" for layer in layers), "all"]
    axes.set_xticks(places, names, fontsize=8, rotation=90 if len(names) > 20 else 0)
    head = "rank of head" if several else "head"
    axes.set_xlabel(f"layer.{head}; best head, chosen apart; layers; all", fontsize=9)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    say_of_seeds(axes, summaries, "dots: seeds")
    tidy(axes)


def scores(run, summary, figures):
    """Scores crowd below one, so the axis shows what they lack to it."""
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 3.2), sharex=True, sharey=True)
    edges = np.array(figures["scores_in_tuning"]["lack"])
    fresh = {sort: np.histogram(np.clip(1 - np.array(figures["scores"][sort]), edges[0], 1),
                                edges)[0] for sort in SORTS}
    in_tuning = {sort: np.array(figures["scores_in_tuning"][sort]) for sort in SORTS}
    beta = summary["conditional"]["beta"]
    for axes, counts, name, key in ((panels[0], fresh, "fresh questions", "auc"),
                                    (panels[1], in_tuning, "those tuned on", "auc_in_tuning")):
        for sort, (label, colour) in SORTS.items():
            if counts[sort].sum():
                axes.stairs(counts[sort] / counts[sort].sum(), edges, color=colour, label=label,
                            linewidth=1.3)
        axes.axvline(1 - beta, color=GREY, linewidth=0.8)
        axes.text(1 - beta, 1, f" marked: above {beta:.3f}", ha="left", va="top", fontsize=8,
                  color=GREY, transform=axes.get_xaxis_transform())
        axes.set(xlabel="1 - context-dependency score", xscale="log")
        axes.set_title(f"{name}: AUC {summary['dependency'][key]:.3f}", fontsize=10)
        tidy(axes)
    filled = np.flatnonzero(sum((*fresh.values(), *in_tuning.values())))
    panels[0].set(xlim=(1, edges[filled[0]]), ylabel="share of the questions of a sort")
    panels[1].legend(frameon=False, fontsize=8, title="answer from", title_fontsize=8,
                     loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    save(figure, run, "scores")


def recall_against_beta(folder, summaries):
    figure, axes = plt.subplots(figsize=(5.2, 3.4))

    def sorted_points(summary):
        points = [summary["conditional"], *summary["other_thresholds"]]
        return sorted(points, key=lambda point: -point["marked"])

    points = [sorted_points(summary) for summary in summaries]
    x = np.array([[point["marked"] for point in row] for row in points]).mean(axis=0)
    for form, key, measure, label, colour in (
            ("indicator", "needle", "recall", "recall with indicator", CONTEXT),
            ("template", "needle", "recall", "recall without indicator", "#8fb8d4"),
            ("template", "memory", "exact", "facts without indicator", MEMORY)):
        draw_band(axes, x, [[point["scores"][form][key][measure] for point in row]
                            for row in points], colour, label)
    oracle = np.mean([summary["oracle"]["indicator"]["needle"]["recall"]
                      for summary in summaries])
    axes.axhline(oracle, color=CONTEXT, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.text(x.max(), oracle + 0.015, "oracle", color=CONTEXT, fontsize=8, ha="right")
    betas = np.array([[point["beta"] for point in row] for row in points]).mean(axis=0)
    axes.set(xlabel="share of the questions that are marked, and beta", ylim=(-0.02, 1.04),
             xscale="log")
    axes.set_xticks(x, [f"{place:.2f}\n{beta:.3f}" for place, beta in zip(x, betas)], fontsize=8)
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    say_of_seeds(axes, summaries, RANGES)
    tidy(axes)
    save(figure, folder, "recall_against_beta")


def main():
    runs, summary_folder = folders(__doc__)
    summaries = [read(run, "summary.json") for run in runs]
    folder = summary_folder or runs[0]
    recall_and_memory(folder, summaries)
    needle_by_depth(folder, summaries)
    steering(folder, summaries)
    recall_against_beta(folder, summaries)
    figures = [read(run, "figures.json") for run in runs]
    if all("map" in one for one in figures):
        needle_map(folder, [one["map"] for one in figures])
    if summary_folder:
        return
    attention(folder, figures[0])
    scores(folder, summaries[0], figures[0])


if __name__ == "__main__":
    main()
