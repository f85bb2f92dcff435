"""What the scripts that stop runs of an example and resume them have in common."""

import json
import os
import subprocess
import sys

TIMES = ("seconds", "tokens_per_second", "gflops", "peak_fraction")
# Figures would take most of the time; this stands in for the Python that draws them.
ENVIRONMENT = {**os.environ, "WEFT_PYTHON": "/bin/true", "OMP_WAIT_POLICY": "passive"}


def command(program, folder, *options):
    return [program, "--preset", "quick", "--seed", "1", "--threads", "1", "--out", folder,
            *options]


def run(program, folder, *options, **more):
    """The finished process, with what it printed."""
    return subprocess.run(command(program, folder, *options), env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if not key.endswith(TIMES)}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def contents(path):
    """The bytes of a file; of results in JSON, the text without what depends on the clock."""
    name = os.path.basename(path)
    with open(path, "rb") as file:
        data = file.read()
    if name == "summary.json":
        return json.dumps(timeless(json.loads(data)))
    if name == "metrics.jsonl":
        return [json.dumps(timeless(json.loads(line))) for line in data.splitlines()]
    return data


def difference(whole, other):
    """The names of files that are not the same bits in both folders."""
    names = sorted({*os.listdir(whole), *os.listdir(other)})
    there = lambda folder, name: os.path.isfile(os.path.join(folder, name))
    return [name for name in names
            if not (there(whole, name) and there(other, name)) or
            contents(os.path.join(whole, name)) != contents(os.path.join(other, name))]


def names_in(folder):
    """The names in a folder, which a run may make or remove meanwhile."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def checkpoints(folder):
    """The paths of the checkpoints in the folder of a run, the newest last."""
    folder = os.path.join(folder, "checkpoints")
    return [os.path.join(folder, name) for name in names_in(folder)]


class Expectations:
    failures = 0

    def __call__(self, what, holds, output=""):
        if holds:
            return
        print("FAILED:", what, output[-600:], sep="\n" if output else " ")
        self.failures += 1

    def end(self, text):
        if self.failures:
            sys.exit(1)
        print(text)
