"""An IPython shell that runs a page's code the way a notebook does, and hands out its outputs."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import io
import os
import re
import sys
import tempfile
import tokenize
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publish.outputs import IMAGE_SCALE, MOST_OUTPUT, Output, TooMuchOutput

# What plotting calls return as their value; a notebook's reader wants the plot, not this.
_PLOT_LEFTOVER = re.compile(r"^(\[?<matplotlib\.|\(?<Axes|Text\(|<Figure size|array\(\[<Axes)")


@dataclass(frozen=True)
class Notebook:
    """The functions that a page's code runs through; they share one namespace.

    Attributes
    ----------
    run
        Runs a cell; returns its outputs and the exception that ended it, if any.
    evaluate
        Returns the value of an expression in all its forms, by MIME type.
    failing_line
        Returns the line of the last cell, counted from 1, at which an exception was raised.
    """

    run: Callable[[str], tuple[list[Output], BaseException | None]]
    evaluate: Callable[[str], Mapping[str, Any]]
    failing_line: Callable[[BaseException], int]


@contextlib.contextmanager
def headless() -> Iterator[None]:
    """Let Matplotlib, where it is imported meanwhile, draw without a screen."""
    before = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    try:
        yield
    finally:
        if before is None:
            del os.environ["MPLBACKEND"]
        else:
            os.environ["MPLBACKEND"] = before


@contextlib.contextmanager
def workplace(root: Path) -> Iterator[None]:
    """Work in ``root``, importable; afterwards leave the process as it was."""
    cwd, path, main = Path.cwd(), list(sys.path), sys.modules.get("__main__")
    names, environment = set(vars(builtins)), dict(os.environ)
    os.environ["MPLBACKEND"] = "agg"
    os.chdir(root)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        os.chdir(cwd)
        sys.path[:] = path
        if main is not None:
            sys.modules["__main__"] = main
        for name in set(vars(builtins)) - names:
            delattr(builtins, name)
        os.environ.clear()
        os.environ.update(environment)


@contextlib.contextmanager
def open_notebook(root: Path) -> Iterator[Notebook]:
    """Open a notebook with the project root as working directory, and close it again."""
    # Imported here so that whoever only reads sources or serves pages does not wait for it.
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    # Outputs go into a list of ours; a cache of its own would cost a collection at the end.
    config.InteractiveShell.cache_size = 0
    with workplace(root), tempfile.TemporaryDirectory() as directory:
        InteractiveShell.clear_instance()
        shell = InteractiveShell.instance(config=config, ipython_dir=directory)
        try:
            yield _notebook(shell)
        finally:
            for figure in open_figures():
                close_figure(figure)
            shell.atexit_operations()
            atexit.unregister(shell.atexit_operations)
            InteractiveShell.clear_instance()


def _notebook(shell: Any) -> Notebook:
    """Wire an IPython shell so that everything it shows goes into one list, in order."""
    from IPython.core.displayhook import DisplayHook

    def showtraceback(failed: tuple[Any, ...] = (), *_args: Any, **_kwargs: Any) -> None:
        # Formatters report what a `_repr_…_` raised here, and would then show its object's address.
        if failed:
            raise failed[1]

    shell.showtraceback, shell.showsyntaxerror = showtraceback, lambda *_args, **_kwargs: None
    # `%matplotlib inline` and its like ask for what is so anyway: figures become pictures.
    shell.enable_matplotlib = lambda gui=None: (gui, "agg")
    shell.ask_exit = sys.exit
    png = shell.display_formatter.formatters["image/png"]
    png.for_type_by_name("matplotlib.figure", "Figure", figure_png)
    outputs: list[Output] = []
    shown = 0
    stdout, stderr = _bounded_text(), _bounded_text()

    def take_text() -> None:
        for kind, stream in (("stdout", stdout), ("stderr", stderr)):
            if text := stream.getvalue():
                outputs.append(Output(kind, {"text/plain": text}))
                stream.seek(0)
                stream.truncate()

    def publish(data: Mapping[str, Any], *_args: Any, **_kwargs: Any) -> None:
        nonlocal shown
        take_text()
        outputs.append(Output("display", data))
        shown += sum(len(form) for form in data.values() if isinstance(form, str | bytes))
        # Far above what a page may hold, since of several forms only one is kept.
        if shown > 10 * MOST_OUTPUT:
            raise TooMuchOutput

    def display(value: Any) -> None:
        if value is None:
            return
        data, _ = shell.display_formatter.format(value)
        if set(data) == {"text/plain"} and _PLOT_LEFTOVER.match(data["text/plain"]):
            return
        publish(data)
        close_figure(value)

    def run(code: str) -> tuple[list[Output], BaseException | None]:
        nonlocal shown
        outputs.clear()
        shown = 0
        quiet = False
        # Code that cannot be split into tokens fails below, with its own message.
        with contextlib.suppress(tokenize.TokenError, SyntaxError):
            quiet = DisplayHook.semicolon_at_end_of_expression(code)
        shell.display_trap.hook = (lambda _value: None) if quiet else display
        with (
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("default")
            warnings.showwarning = _show_warning
            result = shell.run_cell(code, store_history=False)
        take_text()
        for figure in open_figures():
            outputs.append(Output("display", {"image/png": figure_png(figure)}))
            close_figure(figure)
        return list(outputs), result.error_before_exec or result.error_in_exec

    def evaluate(expression: str) -> Mapping[str, Any]:
        value = eval(compile(expression, "<inline>", "eval"), shell.user_global_ns)
        if isinstance(value, str):
            return {"text/plain": value}
        forms: Mapping[str, Any] = shell.display_formatter.format(value)[0]
        return forms

    def failing_line(error: BaseException) -> int:
        if isinstance(error, SyntaxError) and error.__traceback__ is None:
            return error.lineno or 1
        frames = traceback.walk_tb(error.__traceback__)
        own = [pair for pair in frames if pair[0].f_globals is shell.user_global_ns]
        # What stands below `%%time` is code of its own, whose first line is the cell's second.
        timed = [line + 1 for frame, line in own if frame.f_code.co_filename == "<timed exec>"]
        lines = timed or [line for _, line in own]
        return lines[0] if lines else getattr(error, "lineno", None) or 1

    shell.display_pub.publish = publish
    return Notebook(run, evaluate, failing_line)


def _bounded_text() -> io.StringIO:
    """Return a stream that takes no more than a cell may put out."""
    stream = io.StringIO()
    write = stream.write

    def bounded(text: str) -> int:
        if stream.tell() + len(text) > MOST_OUTPUT:
            raise TooMuchOutput
        return write(text)

    # Set on the object: subclasses of StringIO are slow, and no cell can tell the difference.
    stream.write = bounded  # type: ignore[method-assign]
    return stream


def in_a_line(error: BaseException) -> str:
    """Return an exception's type and the first line of its message."""
    if isinstance(error, SyntaxError):
        # From 3.13 on, Python has a kind of its own for incomplete input, and keeps it private.
        names = (kind.__name__ for kind in type(error).__mro__)
        return f"{next(name for name in names if not name.startswith('_'))}: {error.msg}"
    name, _, message = traceback.format_exception_only(error)[0].strip().partition(": ")
    return ": ".join([name, *message.strip().splitlines()[:1]])


def _show_warning(
    message: Warning | str, category: type[Warning], *_place: Any, **_more: Any
) -> None:
    """Write a warning without its place: a page should not tell paths of the machine."""
    print(f"{category.__name__}: {message}", file=sys.stderr)


def figure_png(figure: Any) -> bytes:
    """Return a matplotlib figure as PNG at twice its shown size (96 dots an inch)."""
    buffer = io.BytesIO()
    # Without the version of matplotlib in the file the same figure gives the same bytes.
    figure.savefig(
        buffer,
        format="png",
        dpi=96 * IMAGE_SCALE,
        bbox_inches="tight",
        metadata={"Software": None},
    )
    return buffer.getvalue()


def open_figures() -> list[Any]:
    """Return the figures that pyplot holds open, without importing it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return [pyplot.figure(number) for number in pyplot.get_fignums()] if pyplot else []


def close_figure(value: Any) -> None:
    """Close a matplotlib figure; do nothing for any other value."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot and isinstance(value, pyplot.Figure):
        pyplot.close(value)
