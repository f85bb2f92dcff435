"""What the figures of all examples share."""

import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402,F401

GREY = "#8a8a8a"


def read(run, name):
    return json.loads((run / name).read_text())


def save(figure, folder, name):
    for ending in ("png", "svg"):
        figure.savefig(folder / f"{name}.{ending}", dpi=150, bbox_inches="tight")
    plt.close(figure)


def tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
