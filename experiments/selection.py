"""Which runs a command is about: a study's, for some seeds, with some settings."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.results import RESULTS
from experiments.settings import Run, SettingsError
from experiments.studies import STUDIES

# Name and value, both as they are written: 0.9, StepLR, 3,6,9. So every value can be typed.
Setting = tuple[str, str]


def setting(text: str) -> Setting:
    """Return name and value of ``"momentum=0.9"``; a schedule's argument is a setting too.

    Numbers may be written in any way (``3.0``, ``1e-3``), several also as ``(3, 6, 9)``.

    Raises
    ------
    ValueError
        If the text is not of this form.
    """
    name, _, value = text.partition("=")
    if not name or not value:
        raise ValueError(f"{text!r} is no SETTING=VALUE, such as momentum=0.9")
    parts = [part.strip() for part in value.strip("()").split(",")]
    return name, ",".join(_normal(part) for part in parts if part)


def _normal(text: str) -> str:
    try:
        return _written(float(text))
    except ValueError:
        return text


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_written, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Selection:
    """Seeds 0, 1, … (as many as given; None: as declared), and settings that a run must have."""

    seeds: int | None = None
    only: Sequence[Setting] = ()

    def includes(self, run: Run) -> bool:
        """Return whether a run is of these seeds and has every setting."""
        settings = _settings(run)
        return (self.seeds is None or run.seed < self.seeds) and all(
            settings.get(name) == value for name, value in self.only
        )

    def runs(self, study: str) -> list[Run]:
        """Return what is selected of a study's declared runs."""
        return [run for run in STUDIES[study].runs(self.seeds) if self.includes(run)]

    def command(self, study: str, directory: Path = RESULTS) -> str:
        """Return what trains the selected runs of a study into a directory."""
        settings = [f"{name}={value}" for name, value in self.only]
        if directory.absolute() == RESULTS:
            words = [
                f"make experiments STUDY={study}",
                *([f"SEEDS={self.seeds}"] if self.seeds else []),
                *([f"ONLY={shlex.quote(' '.join(settings))}"] if settings else []),
            ]
            return " ".join(words)
        # make has no word for another directory.
        words = [
            *(".venv/bin/python", "-m", "experiments", "run", study),
            *(["--seeds", str(self.seeds)] if self.seeds else []),
            *(word for setting in settings for word in ("--only", setting)),
            *("--results", str(directory)),
        ]
        return shlex.join(words)


def selected(studies: Sequence[str], selection: Selection) -> list[str]:
    """Return the studies of which anything is selected; say what could be, where nothing is.

    Raises
    ------
    SettingsError
        If no run of these studies has all the settings.
    """
    found = [study for study in studies if selection.runs(study)]
    if found:
        return found
    names = ", ".join(studies)
    declared = [_settings(run) for s in studies for run in STUDIES[s].runs(selection.seeds)]
    for name, value in selection.only:
        known = {settings[name] for settings in declared if name in settings}
        if value not in known:
            values = " or ".join(sorted(known))
            raise SettingsError(
                f"no run of {names} has {name}={value}; "
                + (f"the values are: {values}." if known else f"there is no setting {name!r}.")
            )
    every = " and ".join(f"{name}={value}" for name, value in selection.only)
    raise SettingsError(f"no run of {names} has {every} together; leave one of them out.")


def _settings(run: Run) -> dict[str, str]:
    settings = {**vars(run), **dict(run.schedule_args)}
    return {name: _written(value) for name, value in settings.items()}
