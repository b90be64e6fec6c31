"""Which runs a command is about: a study's, for some seeds, with some settings."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.settings import Run, SettingsError
from experiments.studies import STUDIES

Setting = tuple[str, str | float]


def setting(text: str) -> Setting:
    """Return name and value of ``"momentum=0.9"``; a schedule's argument is a setting too.

    Raises
    ------
    ValueError
        If the text is not of this form.
    """
    name, _, value = text.partition("=")
    if not name or not value:
        raise ValueError(f"{text!r} is no SETTING=VALUE, such as momentum=0.9")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def select(study: str, seeds: int | None, only: Sequence[Setting]) -> list[Run]:
    """Return a study's runs for `seeds` (None: as declared) that have every setting of `only`."""
    return [
        run
        for run in STUDIES[study].runs(seeds)
        if all(_settings(run).get(name) == value for name, value in only)
    ]


def check(studies: Sequence[str], seeds: int | None, only: Sequence[Setting]) -> None:
    """Say what the settings can be, where one selects nothing.

    Raises
    ------
    SettingsError
        If no run of these studies has a setting of `only`.
    """
    declared = [_settings(run) for study in studies for run in STUDIES[study].runs(seeds)]
    for name, value in only:
        known = {settings[name] for settings in declared if name in settings}
        if value not in known:
            values = ", ".join(sorted(map(str, known)))
            raise SettingsError(
                f"no run of {', '.join(studies)} has {name}={value}; "
                + (f"the values are: {values}." if known else f"there is no setting {name!r}.")
            )


def _settings(run: Run) -> dict[str, object]:
    return {**vars(run), **dict(run.schedule_args)}
