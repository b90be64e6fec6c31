"""Measure the training program against the articles' loop, in one run on one machine.

python -m experiments.bench [--seconds 20] [--picture site/pictures/bench.svg]

Prints run-epochs an hour of (a) the articles' loop, (b) the same with the data resident, (c) this
program with M runs, and on a CPU (d) the same with PyTorch's grouped convolution; the ratio to (a),
the peak memory, and the share of the arithmetic floor: the time the multiply-adds alone would take
at the matrix rate measured in the same run.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import queue
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from experiments import articles, convolution, data, plan, provenance, sweep, train
from experiments.errors import ExperimentsError
from experiments.graphs import captured
from experiments.groups import changing, epoch_order, on_device, set_up_torch, start_group
from experiments.models import MODELS
from experiments.settings import Run

MODEL = MODELS["cnn-8-16"]
SIZES = (1, 8, 32, 128)


@dataclass(frozen=True)
class Measurement:
    """One row: what, run-epochs an hour, and peak memory in bytes."""

    name: str
    per_hour: float
    memory: float


def multiply_adds_per_epoch() -> float:
    """Return the multiply-adds of one run-epoch: training is three forward passes an image.

    The first layer needs no gradient of its input, so its share counts twice.
    """
    row = data.DATASETS["mnist"]
    first_layer = 28 * 28 * 9 * MODEL.channels[0]
    return row.train_size * (3 * MODEL.multiply_adds - first_layer) + (
        row.val_size * MODEL.multiply_adds
    )


def matrix_rate(device: str, seconds: float = 3.0) -> float:
    """Return multiply-adds a second of a large float32 matrix product, on all cores."""
    size = 1024 if device == "cpu" else 8192
    a, b = torch.rand(2, size, size, device=device)
    for _ in range(3):
        a @ b
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        c = a @ b
        done += 1
        if device != "cpu":
            torch.cuda.synchronize()
    del c
    return done * size**3 / (time.perf_counter() - began)


def _peak_memory(device: str) -> float:
    if device != "cpu":
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _baseline(out: Any, device: str, seconds: float, resident: bool, threads: int) -> None:
    torch.set_num_threads(threads)
    epoch = articles.seconds_per_epoch(data.DATA, device, seconds, resident)
    out.put((3600 / epoch, _peak_memory(device)))


def _program(
    out: Any, barrier: Any, device: str, runs: tuple[Run, ...], seconds: float, fused: bool
) -> None:
    set_up_torch(threads=1)
    if not fused:
        convolution.features = lambda images, first_of, seed_of, parameters: (
            convolution.grouped_features(images, seed_of, parameters)
        )
    images = on_device(data.load("mnist"), torch.device(device))
    group = start_group(runs, images)
    step = train.make_step(group, images, record=False)
    table = torch.from_numpy(train.coefficients(group, 0, 1)).to(group.weights)[0]
    batch = runs[0].batch_size
    order = torch.stack([epoch_order(seed, 1, images.size) for seed in group.seeds]).to(device)
    step = captured(step, (order[:, :batch], table), changing(group))
    for number in range(3):
        step(order[:, number * batch : (number + 1) * batch], table)
    train.evaluate(group, images.val_images, images.val_labels)
    steps = images.size // batch
    barrier.wait()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        at = done % steps * batch
        step(order[:, at : at + batch], table)
        done += 1
        if device != "cpu" and done % steps == 0:
            torch.cuda.synchronize()
    if device != "cpu":
        torch.cuda.synchronize()
    training = (time.perf_counter() - began) / done * images.size / batch
    began = time.perf_counter()
    train.evaluate(group, images.val_images, images.val_labels)
    if device != "cpu":
        torch.cuda.synchronize()
    epoch = training + time.perf_counter() - began
    barrier.wait()
    out.put((3600 / epoch * len(runs), _peak_memory(device)))


def _in_processes(target: Any, arguments: list[tuple[Any, ...]]) -> tuple[float, float]:
    """Run `target` once for each tuple, at the same time; return the sums of what they put.

    Raises
    ------
    ExperimentsError
        If a process died before it put anything.
    """
    context = multiprocessing.get_context("spawn")
    out, barrier = context.Queue(), context.Barrier(len(arguments))
    first = (out,) if target is _baseline else (out, barrier)
    processes = [context.Process(target=target, args=(*first, *rest)) for rest in arguments]
    results: list[tuple[float, float]] = []
    for process in processes:
        process.start()
    try:
        while len(results) < len(processes):
            try:
                results.append(out.get(timeout=1))
            except queue.Empty:
                # The others would wait for the dead one at the barrier for ever.
                if dead := sweep.died(processes):
                    raise ExperimentsError(f"{dead}; nothing was measured.") from None
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
    return sum(rate for rate, _ in results), sum(memory for _, memory in results)


def measure(device: str, seconds: float) -> list[Measurement]:
    """Take every measurement, each in processes of its own, for about `seconds` each."""
    cores = plan.workers(device) if device == "cpu" else 1
    rows = []
    for name, resident in (("(a) the articles' loop", False), ("(b) data resident", True)):
        rate, memory = _in_processes(_baseline, [(device, seconds, resident, cores)])
        rows.append(Measurement(name, rate, memory))
    sizes = [(size, True) for size in SIZES] + [(8, False)] * (device == "cpu")
    for size, fused in sizes:
        runs = [Run(base_lr=0.001 * (number // 4 + 1), seed=number % 4) for number in range(size)]
        jobs = [plan.Job("bench", run, ()) for run in runs]
        groups = plan.plan(jobs, plan.Place(Path("/nonexistent"), device))[:cores]
        arguments = [(device, tuple(job.run for job in group), seconds, fused) for group in groups]
        rate, memory = _in_processes(_program, arguments)
        name = "(c) this program" if fused else "(d) with grouped convolution"
        rows.append(Measurement(f"{name}, M = {size}", rate, memory))
    return rows


def table(rows: list[Measurement], floor_per_hour: float) -> Table:
    """Lay the measurements out, with their ratios to the first and to the arithmetic floor."""
    out = Table("", "run-epochs/h", "ratio to (a)", "peak memory", "share of floor", box=None)
    for row in rows:
        out.add_row(
            row.name,
            f"{row.per_hour:,.0f}",
            f"{row.per_hour / rows[0].per_hour:.1f}",
            f"{row.memory / 1e9:.1f} GB",
            f"{row.per_hour / floor_per_hour:.0%}",
        )
    return out


def picture(rows: list[Measurement], title: str, path: Path) -> None:
    """Draw the ratios as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    ratios = [row.per_hour / rows[0].per_hour for row in rows]
    bars = axes.barh([row.name for row in rows][::-1], ratios[::-1], color="#3b74b0")
    axes.bar_label(bars, fmt="%.1f×", padding=3)
    axes.set_title(title, fontsize=9, loc="left")
    axes.margins(x=0.12)
    axes.set_xlabel("run-epochs an hour, as a multiple of the articles' loop")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Measure, print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a measurement")
    parser.add_argument("--picture", type=Path, default=Path("site/pictures/bench.svg"))
    options = parser.parse_args()
    try:
        _measure_all(options.seconds, options.picture)
    except ExperimentsError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _measure_all(seconds: float, path: Path) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data.load("mnist")
    rate = matrix_rate(device)
    floor = 3600 * rate / multiply_adds_per_epoch()
    cores = f", {plan.workers(device)} cores" if device == "cpu" else ""
    today = datetime.datetime.now(datetime.UTC).date()
    title = f"{provenance.device_name(device)}{cores}, torch {torch.__version__}, {today}"
    print(f"{title}; float32 matrix products: {rate / 1e9:.0f} GMAC/s", flush=True)
    rows = measure(device, seconds)
    Console(width=100).print(table(rows, floor))
    picture(rows, title, path)
    print(f"The picture is {path}.")


if __name__ == "__main__":
    sys.exit(main())
