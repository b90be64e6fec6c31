"""Where a result came from: commit, versions, device, time."""

from __future__ import annotations

import datetime
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Provenance:
    """What a run says of its making; a column each in the results."""

    commit: str
    torch: str
    device: str
    precision: str
    trained_at: str  # UTC, ISO 8601


def commit() -> str:
    """Return the commit of the working tree, with ``-dirty`` if the code differs from it."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "experiments")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{head}-dirty" if changed else head


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def device_name(device: str) -> str:
    """Return the name of the GPU or the processor, as a reader knows it."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def now(code: str, device: str, precision: str) -> Provenance:
    """Return the provenance of a run that ends at this moment.

    Parameters
    ----------
    code
        The `commit` when the training program was loaded; the tree may have changed since.
    device, precision
        Where it trained, and the floating-point type.
    """
    import torch

    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Provenance(code, str(torch.__version__), device_name(device), precision, time)
