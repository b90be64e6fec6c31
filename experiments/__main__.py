"""Run, list and verify the studies.

python -m experiments run [STUDY …] [--seeds N] [--force]
python -m experiments status
python -m experiments verify [STUDY …] [--retrain N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiments import results, store
from experiments.errors import ExperimentsError
from experiments.results import RESULTS
from experiments.settings import SettingsError, run_id
from experiments.studies import STUDIES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for a user's mistake."""
    options = _parser().parse_args(arguments)
    unknown = [study for study in options.studies if study not in STUDIES]
    if unknown:
        return _fail(f"there is no study {unknown[0]!r}; the studies are: {', '.join(STUDIES)}.")
    options.studies = options.studies or list(STUDIES)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("Stopped. Finished runs are saved; the same command goes on.", file=sys.stderr)
        return 130
    except ExperimentsError as error:
        return _fail(str(error))


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


def _device(choice: str) -> str:
    import torch

    if choice == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device is 'cuda', but PyTorch sees no GPU here; allowed: auto, cpu.")
    if choice == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return choice


def _run(options: argparse.Namespace) -> int:
    from experiments import progress, sweep, witness

    for study in options.studies:
        for note in store.repair(study, options.results):
            print(f"experiments: {note}", file=sys.stderr)
    wanted = {study: STUDIES[study].runs(options.seeds) for study in options.studies}
    kept = {study: results.read(study, options.results).epochs for study in options.studies}
    present = witness.witness(run for runs in wanted.values() for run in runs)
    jobs = []
    for study, runs in wanted.items():
        stored = {identity: rows.iloc[0] for identity, rows in kept[study].groupby("run_id")}
        missing = [run for run in runs if options.force or run_id(run) not in stored]
        stale = [
            run
            for run in runs
            if run not in missing
            and witness.differs(stored[run_id(run)]["witness"], present[run_id(run)])
        ]
        if stale:
            print(
                f"{study}: {len(stale)} stored runs come from code that computed other numbers; "
                "they are trained again."
            )
        jobs += sweep.jobs_for(study, missing + stale, present)
    if not jobs:
        print(f"All {sum(map(len, wanted.values()))} runs are cached; nothing to train.")
        return 0
    device = _device(options.device)
    place = sweep.Place(options.results, device)
    # Fetch the data once, before the workers would each try to.
    from experiments import data

    for name in {job.run.dataset for job in jobs}:
        data.load(name, place.data_folder)
    epochs = sum(job.run.epochs for job in jobs)
    print(f"Training {len(jobs)} runs, {epochs} epochs, on {device}.", flush=True)
    saved = progress.show(sweep.sweep(jobs, place), len(jobs), epochs, sys.stdout)
    print(f"Saved {saved} runs in {options.results}.")
    return 0


def _status(options: argparse.Namespace) -> int:
    table = Table(
        *("study", "wanted", "present", "missing", "seeds", "device", "last trained"), box=None
    )
    for study in options.studies:
        wanted = {run_id(run) for run in STUDIES[study].runs(options.seeds)}
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
        wanted = STUDIES[study].runs(options.seeds)
        findings = verify.findings(study, wanted, options.results)
        sound &= not findings
        print(f"{study}: {'sound and complete' if not findings else ''}")
        for finding in findings:
            print(f"  {finding}")
    if options.retrain:
        pairs = [(s, run) for s in options.studies for run in STUDIES[s].runs(options.seeds)]
        sound &= verify.retrain(pairs, options.retrain, options.results, _device(options.device))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
