"""Trains the same in weft, PyTorch and JAX, checks that the losses agree, and takes the times.

Every framework has a process of its own, which stays alive and is asked in turn, so that all see
the same machine. See README.md.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).parent
SHAPES = ("contextual_recall", "d128", "d256")
POSITIONS, WIDTHS = (24, 64, 128, 256, 512), (16, 32, 64)
STEPS_THAT_AGREE = 20
LOSS_TOLERANCE = 5e-5  # relative
ATTENTION_TOLERANCE = 1e-4  # of the greatest element
TURN_SECONDS = {"training": 0.6, "attention": 0.02}  # that a turn of one framework should take


class WorkerFailed(Exception):
    """A process ended before it answered."""


class Worker:
    """A process that answers a line with a line; what it says besides goes to a file."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        with open(log, "w") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors,
                                            stdout=subprocess.PIPE, text=True)
        while self.read_line() != "ready":
            pass

    def read_line(self):
        line = self.process.stdout.readline()
        if not line:
            raise WorkerFailed(f"{self.name} ended; see {self.log}")
        return line.strip()

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise WorkerFailed(f"{self.name} ended; see {self.log}") from None
        return self.read_line()

    def seconds(self, *words):
        return float(self.ask("time", *words))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Comparison:
    """What is compared on this machine, and where its programs and files are."""

    def __init__(self, options):
        self.options = options
        self.folder = options.out
        self.cores = sorted(os.sched_getaffinity(0))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.has = {name: importlib.util.find_spec(name) is not None for name in ("torch", "jax")}
        for name, found in self.has.items():
            if not found:
                print(f"{name} is not installed for {sys.executable}: left out")

    def use_cores(self, count):
        """Processes started from now on may use only so many cores, the last ones."""
        os.sched_setaffinity(0, self.cores[-count:])

    def program(self, path):
        """One of weft's, whose threads wait without spinning, as those of examples/run."""
        return ["env", "OMP_WAIT_POLICY=passive", self.options.programs / path]

    def start(self, name, *command):
        print(f"  starting {name}", flush=True)
        return Worker(name, [str(word) for word in command], self.folder / f"{name}.log")

    def start_trainings(self, shape, threads):
        """weft first, since it writes what the others read; what does not start is left out."""
        folder = self.folder / "data" / shape
        workers = [self.start("weft", *self.program("benchmarks/compare/compare_training"), shape,
                              threads, folder)]
        peers = {}
        if self.has["torch"]:
            peers["PyTorch eager"] = ["training_torch.py", "eager", threads, folder]
            peers["PyTorch compiled"] = ["training_torch.py", "compiled", threads, folder]
        if self.has["jax"]:
            peers["JAX"] = ["training_jax.py", folder]
        for name, (script, *arguments) in peers.items():
            try:
                workers.append(self.start(name, sys.executable, HERE / script, *arguments))
            except WorkerFailed as error:
                print(f"  {error}: left out")
        return workers


def take_turns(workers, rounds, turn_seconds, *words):
    """Seconds of one call of each worker, by its name, for each round.

    `words` say what is timed. Each makes as many calls in its turn as take turn_seconds, and
    another one begins each round.
    """
    counts = {}
    for worker in workers:
        worker.seconds(*words, 1)
        counts[worker.name] = max(1, round(turn_seconds / worker.seconds(*words, 1)))
    found = []
    for turn in range(rounds):
        first = turn % len(workers)
        order = workers[first:] + workers[:first]
        found.append({worker.name: worker.seconds(*words, counts[worker.name])
                      / counts[worker.name] for worker in order})
    return found


def greatest_difference(losses, reference):
    """The greatest relative difference; infinite where a loss is not a number."""
    differences = [abs(loss - other) / abs(other) for loss, other in zip(losses, reference)]
    return math.inf if any(map(math.isnan, differences)) else max(differences)


def compare_training(comparison, shape, threads):
    """What was found for one shape; without rounds where the losses differ."""
    print(f"training {shape}, threads: {threads}", flush=True)
    comparison.use_cores(threads)
    workers = comparison.start_trainings(shape, threads)
    losses = {worker.name: [float(loss) for loss in worker.ask("losses", STEPS_THAT_AGREE).split()]
              for worker in workers}
    differences = {name: greatest_difference(losses[name], losses["weft"]) for name in losses}
    variants = {worker.name: worker.ask("variant") for worker in workers if worker.name != "weft"}
    result = {"shape": shape, "threads": threads, "first_loss": losses["weft"][0],
              "last_loss": losses["weft"][-1], "loss_differences": differences,
              "variants": variants, "rounds": []}
    if max(differences.values()) <= LOSS_TOLERANCE:
        result["rounds"] = take_turns(workers, comparison.options.rounds,
                                      TURN_SECONDS["training"])
    else:
        print(f"  losses differ, so there are no times: {differences}")
    for worker in workers:
        worker.close()
    return result


def compare_attention(comparison):
    """The rounds of each size, one thread; empty without PyTorch."""
    if not comparison.has["torch"]:
        return []
    print("attention", flush=True)
    comparison.use_cores(1)
    folder = comparison.folder / "data/attention"
    weft = comparison.start("weft", *comparison.program("benchmarks/compare/compare_attention"),
                            folder)
    torch = comparison.start("PyTorch", sys.executable, HERE / "attention_torch.py", folder)
    results = []
    for positions in POSITIONS:
        for width in WIDTHS:
            weft.ask("write", positions, width)
            difference = float(torch.ask("difference", positions, width))
            result = {"positions": positions, "width": width, "difference": difference}
            results.append(result)
            if not difference <= ATTENTION_TOLERANCE:
                print(f"  results differ, so there are no times: {result}")
                continue
            for kind in ("forward", "both"):
                result[kind] = take_turns([weft, torch], comparison.options.rounds,
                                          TURN_SECONDS["attention"], positions, width, kind)
    weft.close()
    torch.close()
    return results


def compare_results(comparison):
    """The whole of contextual_recall on all cores, in weft and in PyTorch: their summaries."""
    print("contextual_recall from beginning to end", flush=True)
    threads = min(2, len(comparison.cores))
    comparison.use_cores(threads)
    commands = {"weft": comparison.program("examples/contextual_recall/contextual_recall")}
    if comparison.has["torch"]:
        commands["PyTorch eager"] = [sys.executable, HERE / "contextual_recall.py"]
    summaries = {"threads": threads}
    for name, command in commands.items():
        print(f"  {name}", flush=True)
        out = comparison.folder / "contextual_recall" / name
        out.mkdir(parents=True, exist_ok=True)
        written = out / "summary.json"
        written.unlink(missing_ok=True)
        with open(out / "output", "w") as output:
            subprocess.run([str(word) for word in (*command, "--threads", threads, "--out", out)],
                           stdout=output, stderr=output)
        if not written.exists():
            raise WorkerFailed(f"{name} ended; see {out}/output")
        summary = json.loads(written.read_text())
        summaries[name] = {"seconds": summary["seconds"], "steps": summary["steps"],
                           "after": summary["after"]["measures"]}
    return summaries


def processor_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(": ")[1]
    return platform.processor()


def machine(comparison):
    versions = {name: importlib.metadata.version(name)
                for name, found in comparison.has.items() if found}
    return {"processor": processor_name(), "cores": len(comparison.cores),
            "python": platform.python_version(), "versions": versions,
            "date": time.strftime("%Y-%m-%d"), "load_before": os.getloadavg()[0]}


def parse_options():
    parser = argparse.ArgumentParser(prog="benchmarks/compare/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7,
                        help="turns of each framework (%(default)s)")
    parser.add_argument("--only", choices=("training", "attention", "result"),
                        help="one part of the comparison")
    parser.add_argument("--shape", choices=SHAPES, help="one shape of the training")
    parser.add_argument("--programs", type=pathlib.Path, default=HERE / "../../build/release",
                        help="where weft's programs are built")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "../../build/compare",
                        help="folder for the results")
    return parser.parse_args()


def compare(options, comparison):
    """Compares what the options ask for; the status to exit with."""
    results = {"machine": machine(comparison)}
    agree = True
    if options.only in (None, "training"):
        shapes = [options.shape] if options.shape else SHAPES
        thread_counts = sorted({1, min(2, len(comparison.cores))})
        results["training"] = [compare_training(comparison, shape, threads)
                               for shape in shapes for threads in thread_counts]
        agree = all(result["rounds"] for result in results["training"])
    if options.only in (None, "attention"):
        results["attention"] = compare_attention(comparison)
        agree = agree and all("both" in result for result in results["attention"])
    if options.only in (None, "result"):
        results["result"] = compare_results(comparison)
    report.write(results, comparison.folder)
    return 0 if agree else 3


def main():
    options = parse_options()
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    try:
        return compare(options, Comparison(options))
    except WorkerFailed as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
