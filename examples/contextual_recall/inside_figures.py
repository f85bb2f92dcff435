"""Figures of what happens inside: when the latent code appears, and what finetuning has changed."""

import numpy as np

from drawing import GREY, plt, save, tidy

BEFORE, AFTER, LATENT, LAST = "#c1513b", "#2a6f97", "#d99a2b", "#5b8c5a"
MEASURES = {"recall": ("recall", AFTER),
            "first_latent": ("type at the query's tuple, after layer 1", LATENT),
            "last_latent": ("type at the last position, after layer 2", LAST)}


def dynamics(folder, summaries, chance):
    """Finetuning step by step; that of several seeds from the step at which recall is halfway."""
    figure, axes = plt.subplots(figsize=(6, 3.4))
    several = len(summaries) > 1
    for measure, (label, colour) in MEASURES.items():
        curves = []
        for summary in summaries:
            found = summary["dynamics"]
            start = found["recall"]["step"] if several else 0
            if start is None:
                continue
            steps = np.array([moment["step"] for moment in found["moments"]]) - start
            values = np.array([moment[measure] for moment in found["moments"]])
            curves.append((steps, values))
            axes.plot(steps, values, color=colour, linewidth=0.8, alpha=0.35 if several else 1)
        if several:
            steps = np.arange(-100, 101, 5)
            axes.plot(steps, np.mean([np.interp(steps, *curve) for curve in curves], axis=0),
                      color=colour, label=label)
        else:
            axes.plot([], [], color=colour, label=label)
    axes.axhline(chance, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
    if several:
        axes.set_xlim(-150, 150)
    axes.set(xlabel="steps of finetuning" + (", from the middle of recall's transition"
                                             if several else ""),
             ylabel="accuracy", ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    save(figure, folder, "dynamics")


def most_changed(mechanism, model):
    """Shares of attention on the values of the examples, before and after, of the head of the first
    layer and the place at the query's tuple where they grow most."""
    before, after = mechanism["attention_before"], mechanism[model]["attention"]
    shares = [(b["values"], a["values"]) for place_before, place_after in zip(before, after)
              for b, a in zip(place_before, place_after)]
    return max(shares, key=lambda pair: pair[1] - pair[0])


def spectrum(axes, mechanisms):
    for model, label, colour in (("first_attention", "trained alone", AFTER),
                                 ("whole", "trained with all else", LATENT)):
        for index, mechanism in enumerate(mechanisms):
            squares = np.array(mechanism[model]["change"]["singular_values"]) ** 2
            energy = np.concatenate([[0], np.cumsum(squares) / squares.sum()])
            axes.plot(energy[:17], color=colour, linewidth=1, label=None if index else label)
    size = len(squares)
    axes.plot([0, 16], [0, 16 / size], color=GREY, linewidth=0.8, linestyle=(0, (1, 3)),
              label="equal in all directions")
    axes.set(xlabel="directions", ylabel="share of the change", ylim=(0, 1.02))
    axes.set_title("layer 1, change of $W_V W_O$", fontsize=9)
    axes.legend(frameon=False, fontsize=7, loc="lower right")


def bars(axes, groups, labels, colours, title):
    """A bar for each group of values, every value a dot."""
    for place, (values, colour) in enumerate(zip(groups, colours)):
        axes.bar(place, np.mean(values), 0.6, color=colour, alpha=0.35)
        axes.plot(place + np.linspace(-0.12, 0.12, len(values)), values, "o", color=colour,
                  markersize=3)
    axes.set_xticks(range(len(groups)), labels, fontsize=7)
    axes.set(ylim=(0, 1.02))
    axes.set_title(title, fontsize=9)


def mechanism(folder, summaries):
    mechanisms = [summary["mechanism"] for summary in summaries]
    figure, panels = plt.subplots(1, 3, figsize=(9.5, 3.1))
    spectrum(panels[0], mechanisms)
    attention = np.array([most_changed(one, "first_attention") for one in mechanisms])
    bars(panels[1], attention.T, ["before", "after"], [BEFORE, AFTER],
         "attention of one head, from\nthe query's tuple to the values")
    patches = [one["first_attention"]["patch"] for one in mechanisms]
    bars(panels[2], [[patch[key] for patch in patches]
                     for key in ("unpatched", "control", "success")],
         ["no\npatch", "random\ndirection", "latent of\nthe donor"], [GREY, GREY, AFTER],
         "answers of the donor's type")
    for axes in panels:
        tidy(axes)
    figure.tight_layout()
    save(figure, folder, "mechanism")
