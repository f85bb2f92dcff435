"""Draws the figure of a sweep, sweep_NAME, into its folder: every seed a dot, their mean a line,
and its 95 % interval a band.

    sweep_figures.py DIR
"""

import numpy as np

from drawing import GREY, folders, plt, read, save, tidy

COLOURS = ["#2a6f97", "#c1513b", "#d99a2b", "#444444", "#5b8c5a", "#8e5ea2"]


def sweep(folder):
    summary = read(folder, "summary.json")
    points = summary["points"]
    places = np.arange(len(points))
    figure, axes = plt.subplots(figsize=(5.2, 3.2))
    colours = iter(COLOURS)
    for measure, label in summary["curves"].items():
        values = [np.array(point["measures"].get(measure, []), dtype=float) for point in points]
        means = [np.mean(some[~np.isnan(some)]) if (~np.isnan(some)).any() else np.nan
                 for some in values]
        if measure == "chance":
            axes.plot(places, means, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)), label=label)
            continue
        colour = next(colours)
        axes.plot(places, means, color=colour, linewidth=1.2, label=label)
        intervals = [(point.get("means", {}).get(measure) or {}) for point in points]
        low, high = ([one.get(end, np.nan) for one in intervals] for end in ("low", "high"))
        axes.fill_between(places, low, high, color=colour, alpha=0.12, linewidth=0)
        for place, some in zip(places, values):
            axes.plot(np.full(len(some), place), some, "o", color=colour, markersize=3, alpha=0.7)
    axes.set_xticks(places, [point["point"] for point in points])
    axes.set(xlabel=summary["axis"], ylim=(-0.02, 1.03))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    save(figure, folder, f"sweep_{summary['sweep']}")


if __name__ == "__main__":
    sweep(folders(__doc__)[0][0])
