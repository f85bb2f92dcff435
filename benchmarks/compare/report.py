"""Writes what compare.py measured: results.json, results.md and, with matplotlib, results.svg.

    report.py FOLDER        writes the table and the figure of a results.json again
"""

import json
import pathlib
import statistics
import sys

COLOURS = {"PyTorch eager": "#c1513b", "PyTorch compiled": "#d99a2b", "JAX": "#2a6f97"}


def median_seconds(rounds, name):
    return statistics.median(turn[name] for turn in rounds)


def ratios(rounds, name):
    """How many times as long as weft it took in each round, ascending."""
    return sorted(turn[name] / turn["weft"] for turn in rounds)


def peers_of(rounds):
    return [name for name in rounds[0] if name != "weft"]


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def milliseconds(seconds):
    return f"{1e3 * seconds:.1f}"


def ratio_text(values):
    return f"{statistics.median(values):.2f} ({values[0]:.2f}–{values[-1]:.2f})"


def training_rows(result):
    """A line for each framework, weft first."""
    rounds = result["rounds"]
    place = [result["shape"], str(result["threads"])]
    yield place + ["weft", milliseconds(median_seconds(rounds, "weft")), "1", ""]
    for name in sorted(peers_of(rounds), key=list(COLOURS).index):
        yield place + [name, milliseconds(median_seconds(rounds, name)),
                       ratio_text(ratios(rounds, name)), result["variants"][name]]


def best_peer(rounds):
    return min(peers_of(rounds), key=lambda name: statistics.median(ratios(rounds, name)))


def training_text(results):
    done = [result for result in results if result["rounds"]]
    if not done:
        return "No training was timed.\n"
    greatest = max(max(result["loss_differences"].values()) for result in done)
    rows = [row for result in done for row in training_rows(result)]
    best = [[result["shape"], str(result["threads"]), best_peer(result["rounds"]),
             ratio_text(ratios(result["rounds"], best_peer(result["rounds"])))]
            for result in done if peers_of(result["rounds"])]
    text = ("Milliseconds of a training step, and how many times as long as weft it takes: the "
            "median over\nrounds in which all take turns, least and greatest in brackets. Over the "
            f"first 20 steps the losses\ndiffer by at most {greatest:.0e} of themselves.\n\n")
    text += table(["shape", "threads", "", "ms", "times weft", "fastest variant"], rows)
    if best:
        text += "\nThe best other framework:\n\n"
        text += table(["shape", "threads", "best", "times weft"], best)
    return text


def attention_text(results):
    if not results:
        return "Without PyTorch there was nothing to compare.\n"
    rows = []
    for result in results:
        if "both" not in result:
            continue
        row = [str(result["positions"]), str(result["width"])]
        for kind in ("forward", "both"):
            rounds = result[kind]
            row += [f"{1e3 * median_seconds(rounds, 'weft'):.3f}",
                    f"{1e3 * median_seconds(rounds, 'PyTorch'):.3f}",
                    ratio_text(ratios(rounds, "PyTorch"))]
        rows.append(row)
    text = ("Causal attention on 1,536 tokens, 4 heads, float, one thread: milliseconds, and how "
            "many times as\nlong as weft's operation PyTorch's scaled_dot_product_attention takes."
            "\n\n")
    return text + table(["positions", "width", "forward: weft", "PyTorch", "times weft",
                         "with backward: weft", "PyTorch", "times weft"], rows)


def result_text(result):
    names = [name for name in result if name != "threads"]
    rows = []
    for part in ("pretrain", "finetune", "total"):
        row = [part] + [f"{result[name]['seconds'][part]:.1f} s" for name in names]
        if part in ("pretrain", "finetune"):
            row = [*row[:1], *(f"{seconds}, {result[name]['steps'][part]} steps"
                               for name, seconds in zip(names, row[1:]))]
        rows.append(row)
    recall = ["recall, query held out, after"]
    recall += [f"{result[name]['after']['icl_held_out']:.3f}" for name in names]
    rows.append(recall)
    text = ("The whole of contextual_recall, default preset: pretraining and finetuning to their "
            "stop rules, all\nevaluations, both controls; threads: "
            f"{result['threads']}. Evaluations during a phase count with it.\n\n")
    return text + table(["", *names], rows)


def markdown(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    text = (f"{machine['processor']}, {machine['cores']} cores; {versions}, "
            f"Python {machine['python']}; {machine['date']}; load average before "
            f"{machine['load_before']:.1f}.\n")
    for key, title, describe in (("training", "A training step", training_text),
                                 ("attention", "Attention", attention_text),
                                 ("result", "Time to result", result_text)):
        if key in results:
            text += f"\n## {title}\n\n{describe(results[key])}"
    return "# Beside PyTorch and JAX\n\n" + text


def draw(results, path):
    """Bars of how many times as long as weft a step takes, for each shape and framework."""
    try:
        import matplotlib
        matplotlib.use("svg")
        import matplotlib.pyplot as plt
    except ImportError:
        print("matplotlib is not installed: no figure")
        return
    plt.rcParams["svg.fonttype"] = "none"
    done = [result for result in results if result["rounds"] and peers_of(result["rounds"])]
    if not done:
        return
    figure, axes = plt.subplots(figsize=(7, 0.5 + 0.55 * len(done)))
    for place, result in enumerate(reversed(done)):
        names = [name for name in COLOURS if name in peers_of(result["rounds"])]
        for index, name in enumerate(names):
            value = statistics.median(ratios(result["rounds"], name))
            y = place + 0.25 * ((len(names) - 1) / 2 - index)
            axes.barh(y, value, 0.22, color=COLOURS[name], label=name if place == 0 else None)
            axes.text(value, y, f" {value:.1f}", va="center", fontsize=7)
    labels = [f"{result['shape']}, {result['threads']} thread{'s' * (result['threads'] > 1)}"
              for result in reversed(done)]
    axes.set_yticks(range(len(done)), labels)
    axes.axvline(1, color="#444444", linewidth=1)
    axes.text(1, len(done) - 0.4, "weft", ha="center", fontsize=8)
    axes.set(xlabel="time of a training step, times that of weft")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncol=len(COLOURS), loc="lower center",
                bbox_to_anchor=(0.5, 1.04))
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def write(results, folder):
    """The results as numbers, as tables and as a figure."""
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    text = markdown(results)
    (folder / "results.md").write_text(text)
    draw(results.get("training", []), folder / "results.svg")
    print(f"\n{text}\nin {folder}")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    write(json.loads((target / "results.json").read_text()), target)
