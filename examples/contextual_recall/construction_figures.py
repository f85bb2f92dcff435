"""Draws the figure of contextual recall constructions, runs with --construct.

    construction_figures.py RUN                     into the folder of the run
    construction_figures.py --summary=DIR RUN...    the mean over several seeds, into DIR
"""

import numpy as np

from figures import AFTER, BEFORE, GREY, folders, plt, read, save, tidy

TITLES = {"two_layers": "two layers, gated heads", "one_layer": "one layer, added logits"}
CURVES = {
    "fact_base": ("facts before the edit", "#444444", "o"),
    "fact_edited": ("facts after", "#d99a2b", "s"),
    "icl_base": ("contextual recall before", BEFORE, "o"),
    "icl_edited": ("contextual recall after", AFTER, "s"),
}


def crosstalk(folder, summaries):
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, (variant, title) in zip(panels, TITLES.items()):
        for name, (label, colour, marker) in CURVES.items():
            runs = [summary["gaussian"][variant][name] for summary in summaries]

            def over(key):
                return np.mean([[point[key] for point in points] for points in runs], axis=0)

            dimensions = [point["dimension"] for point in runs[0]]
            mean = over("mean")
            axes.errorbar(dimensions, mean, yerr=[mean - over("low"), over("high") - mean],
                          fmt=marker, markersize=4, capsize=2, color=colour, label=label)
            axes.plot(dimensions, over("predicted"), color=colour, linewidth=1)
            if name != "icl_base":
                axes.plot(dimensions, over("predicted_of_keys"), color=colour, linewidth=0.8,
                          linestyle=(0, (1, 3)))
        axes.set_xscale("log", base=2)
        axes.set_xticks(dimensions, dimensions)
        axes.set(title=title, xlabel="dimensions of Gaussian embeddings", ylim=(0, 1.03))
        axes.title.set_fontsize(10)
        tidy(axes)
    panels[0].set_ylabel("accuracy")
    panels[1].plot([], [], color=GREY, linewidth=1, label="predicted from crosstalk")
    panels[1].plot([], [], color=GREY, linewidth=0.8, linestyle=(0, (1, 3)),
                   label="of the keys alone")
    panels[1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    save(figure, folder, "construction")


def main():
    runs, folder = folders(__doc__)
    crosstalk(folder or runs[0], [read(run, "summary.json") for run in runs])


if __name__ == "__main__":
    main()
