"""Programs that stay alive and are asked, one line at a time; worker.hpp in Python."""

import sys
import time


def seconds_of(count, function):
    """Seconds that `count` calls take."""
    start = time.perf_counter()
    for _ in range(count):
        function()
    return time.perf_counter() - start


def serve(answers):
    """Prints "ready", then answers each line of the standard input with one line.

    The first word of a line names one of the functions in `answers`, which gets the other words
    and returns what to print.
    """
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        print(answers[command](*words), flush=True)


def serve_training(step, variant):
    """Serves a training, whose step() returns a loss that float() waits for."""

    def losses(count):
        return " ".join(f"{float(step()):.9g}" for _ in range(int(count)))

    def seconds(count):
        start = time.perf_counter()
        for _ in range(int(count)):
            loss = step()
        float(loss)
        return time.perf_counter() - start

    serve({"losses": losses, "time": seconds, "variant": lambda: variant})


def fastest(trainings, tries=4):
    """The training whose step takes least at its best, after a first one that is not counted."""

    def best_time(training):
        float(training.step())
        return min(seconds_of(1, lambda: float(training.step())) for _ in range(tries))

    return min(trainings, key=best_time)
