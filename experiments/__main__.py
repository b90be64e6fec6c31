"""Run, list and verify the studies.

python -m experiments run [STUDY …] [--seeds N] [--only SETTING=VALUE] [--force]
python -m experiments status
python -m experiments verify [STUDY …] [--retrain N]
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from experiments import results, selection, store
from experiments.errors import ExperimentsError
from experiments.results import RESULTS
from experiments.settings import Run, SettingsError, run_id
from experiments.studies import STUDIES

if TYPE_CHECKING:
    import pandas as pd

    from experiments import plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for a user's mistake."""
    options = _parser().parse_args(arguments)
    unknown = [study for study in options.studies if study not in STUDIES]
    if unknown:
        return _fail(f"there is no study {unknown[0]!r}; the studies are: {', '.join(STUDIES)}.")
    options.selection = selection.Selection(options.seeds, options.only)
    # To be told to end is to be interrupted: the workers are stopped, what is saved stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        named = list(dict.fromkeys(options.studies)) or list(STUDIES)
        options.studies = selection.selected(named, options.selection)
        return options.command(options)
    except KeyboardInterrupt:
        # Another one would only disturb the tidying up.
        for sent in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sent, signal.SIG_IGN)
        print("Stopped. Finished runs are saved; the same command goes on.", file=sys.stderr)
        return 130
    except ExperimentsError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        # What only reads, `make site` too, is set up without what trains.
        return _fail(
            f"{error.name} is not installed here; run `make experiments`, which sets it up "
            "(and trains what is missing)."
        )


def _fail(message: str) -> int:
    print(f"experiments: {message}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, text in (
        ("run", _run, "train the runs that are missing"),
        ("status", _status, "print what is there"),
        ("verify", _verify, "check digests, witnesses and completeness"),
    ):
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(command=command)
        sub.add_argument("studies", nargs="*", metavar="STUDY", help="default: every study")
        sub.add_argument("--seeds", type=_count, help="seeds a setting (default: as declared)")
        sub.add_argument(
            "--only",
            type=_setting,
            action="append",
            default=[],
            metavar="SETTING=VALUE",
            help="only runs of this setting, such as momentum=0.9 or milestones=3,6,9; "
            "may be repeated",
        )
        sub.add_argument("--results", type=Path, default=RESULTS, help="default: results/")
        sub.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        if name == "run":
            sub.add_argument("--force", action="store_true", help="train again what is there")
        if name == "verify":
            sub.add_argument("--retrain", type=_count, default=0, metavar="N")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _setting(text: str) -> selection.Setting:
    try:
        return selection.setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _device(choice: str) -> str:
    import torch

    if choice == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device is 'cuda', but PyTorch sees no GPU here; allowed: auto, cpu.")
    if choice == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return choice


def _run(options: argparse.Namespace) -> int:
    with store.training(options.studies, options.results):
        return _train_missing(options)


def _train_missing(options: argparse.Namespace) -> int:
    from experiments import data, plan, progress, provenance, sweep

    code = provenance.commit()
    jobs: list[plan.Job] = []
    for study in options.studies:
        for note in store.repair(study, options.results):
            print(f"experiments: {note}", file=sys.stderr)
        jobs += _jobs(study, options)
    if not jobs:
        count = sum(len(options.selection.runs(study)) for study in options.studies)
        print(f"All {count} runs are cached; nothing to train.")
        return 0
    place = plan.Place(options.results, _device(options.device), code)
    # Fetch the data once, before the workers would each try to.
    for name in {job.run.dataset for job in jobs}:
        data.load(name, place.data_folder)
    epochs = plan.epochs_left(jobs, place)
    print(f"Training {len(jobs)} runs, {epochs} epochs, on {place.device}.", flush=True)
    saved = progress.show(sweep.sweep(jobs, place), len(jobs), epochs, sys.stdout)
    print(f"Saved {saved} runs in {options.results}.")
    return 0


def _jobs(study: str, options: argparse.Namespace) -> list[plan.Job]:
    """Return what a study lacks: runs that are missing, and stored ones that are stale."""
    from experiments import plan, witness

    wanted = options.selection.runs(study)
    # By id: to a dictionary a γ of 1 and one of 1.0 are the same, to the store they are not.
    stored = {
        run_id(run): (run, rows["witness"].iloc[0])
        for run, rows in _stored(study, options)
        if options.selection.includes(run)
    }
    present = witness.witness([*wanted, *(run for run, _ in stored.values())])
    stale = [run for key, (run, kept) in stored.items() if witness.differs(kept, present[key])]
    if stale:
        print(
            f"{study}: {len(stale)} stored runs come from code that computed other numbers; "
            "they are trained again."
        )
    missing = [run for run in wanted if options.force or run_id(run) not in stored]
    return plan.jobs_for(study, [*missing, *stale], present)


def _stored(study: str, options: argparse.Namespace) -> Iterator[tuple[Run, pd.DataFrame]]:
    return results.runs(results.read(study, options.results).epochs)


def _status(options: argparse.Namespace) -> int:
    table = Table(
        *("study", "wanted", "present", "missing", "seeds", "device", "last trained"), box=None
    )
    for study in options.studies:
        wanted = {run_id(run) for run in options.selection.runs(study)}
        stored = results.read(study, options.results)
        rows = stored.epochs
        table.add_row(
            study,
            str(len(wanted)),
            str(len(wanted & stored.run_ids)),
            str(len(wanted - stored.run_ids)),
            str(rows["seed"].nunique()),
            ", ".join(sorted(rows["device"].unique())) or "–",
            rows["trained_at"].max() if len(rows) else "never",
        )
        for problem in stored.problems:
            print(f"experiments: {problem}", file=sys.stderr)
    # A pipe has no width; the table must not be cut to a guess of one.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from experiments import verify

    sound = True
    for study in options.studies:
        findings = verify.findings(study, options.selection, options.results)
        sound &= not findings
        print(f"{study}: {'; '.join(findings) or 'sound and complete'}.")
    if options.retrain:
        pairs = [(s, run) for s in options.studies for run in options.selection.runs(s)]
        device = _device(options.device)
        for line in verify.retrain(pairs, options.retrain, options.results, device):
            print(line, flush=True)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
