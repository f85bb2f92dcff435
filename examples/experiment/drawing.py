"""What the figures of all examples share."""

import argparse
import json
import os
import pathlib
import statistics

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402,F401

GREY = "#8a8a8a"
# The 0.975 quantiles of Student's t with 1, 2, ... degrees of freedom.
T_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def folders(description):
    """Reads the command line `figures.py [--summary=DIR] RUN...`: the folders of the runs, and
    that of their summary, None where figures of the one run are asked for."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN")
    parser.add_argument("--summary", type=pathlib.Path, metavar="DIR")
    options = parser.parse_args()
    return options.runs, options.summary


def read(run, name):
    return json.loads((run / name).read_text())


def save(figure, folder, name):
    """Writes a figure as PNG and SVG, each complete or not at all."""
    for ending in ("png", "svg"):
        beside = folder / f"{name}.{ending}.partial"
        try:
            figure.savefig(beside, format=ending, dpi=150, bbox_inches="tight")
            os.replace(beside, folder / f"{name}.{ending}")
        finally:
            beside.unlink(missing_ok=True)
    plt.close(figure)


def reach(values):
    """How far the 95 % interval of the mean of two values or more goes to either side, Student's:
    t s / sqrt(n). As student_interval.hpp."""
    degrees = len(values) - 1
    quantile = (T_QUANTILES[degrees - 1] if degrees <= len(T_QUANTILES)
                else 1.959964 + 2.3723 / degrees + 2.8225 / degrees**2)
    return quantile * statistics.stdev(values) / len(values) ** 0.5


def tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
