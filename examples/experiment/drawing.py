"""What the figures of all examples share."""

import argparse
import json
import os
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402,F401

GREY = "#8a8a8a"


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


def tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
