"""The command line: ``python -m publish [render|serve|check|deploy]``."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from publish.build import build
from publish.check import check_site
from publish.errors import SourceError
from publish.keys import keys_read, summary
from publish.project import load_project, output_folder
from publish.steps import jobs_of
from publish.website import describe_site

COMMANDS = ("render", "serve", "check", "deploy")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m publish",
        description="Render a Quarto-style website without Quarto.",
        epilog=f"publish reads these keys and names those it ignores.\n{keys_read()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    helps = {
        "render": "build the site (the default)",
        "serve": "build, serve on this machine only, build again on every change",
        "check": "look for broken links, missing texts and external requests in the built site",
        "deploy": "put the built site into a directory or on the branch gh-pages",
    }
    for name in COMMANDS:
        command = commands.add_parser(name, help=helps[name], description=helps[name])
        command.add_argument(
            "--project", type=Path, default=Path(), help="folder with _quarto.yml (default: here)"
        )
        command.add_argument(
            "--output", type=Path, help="folder of the site (default: output-dir of _quarto.yml)"
        )
        command.add_argument("--site-url", help="where the site is published, for the feed")
        if name in ("render", "serve"):
            command.add_argument(
                "--jobs", type=_positive, help="pages to execute at a time (default: one per core)"
            )
            command.add_argument(
                "--fresh", action="store_true", help="do all work again, whatever is cached"
            )
        if name == "serve":
            command.add_argument("--port", type=_port, default=4200, help="port (default: 4200)")
        if name == "deploy":
            command.add_argument("--to", default="", help="a directory, or gh-pages")
            command.add_argument("--push", default="", metavar="REMOTE", help="push gh-pages there")
            command.add_argument(
                "--dry-run", action="store_true", help="only say whether the place will do"
            )
    return top


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 (any) to 65535")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0, or 1 where something is wrong."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "render")
    options = parser().parse_args(words)
    # To be told to end is to be interrupted: workers are stopped, the old site stays.
    # A closed terminal tells it, too, unless `nohup` has it stay.
    for name in ("SIGTERM", "SIGHUP"):
        told = getattr(signal, name, None)
        if told is not None and signal.getsignal(told) != signal.SIG_IGN:
            signal.signal(told, signal.default_int_handler)
    try:
        if options.command == "check":
            return _check(options)
        if options.command == "serve":
            return _serve(options)
        if options.command == "deploy":
            return _deploy(options)
        _render(options)
    except (SourceError, OSError) as error:
        print(f"publish: {_told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("publish: stopped; the site of the last build is as it was", file=sys.stderr)
        return 130
    return 0


def _render(options: argparse.Namespace, quiet: bool = False) -> None:
    start = time.perf_counter()
    report = build(
        options.project,
        options.output,
        site_url=options.site_url,
        processes=options.jobs,
        fresh=options.fresh,
    )
    seconds = time.perf_counter() - start
    if not quiet:
        for line in summary(report.ignored):
            print(line)
        for path in report.unlisted:
            print(f"no listing shows {path}: name it under `contents:` where its like are named")
    for rerun in report.ran or ("nothing to run",):
        print(rerun)
    index = report.output / "index.html"
    shown = index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index
    pages = f"{report.pages} page{'s' if report.pages != 1 else ''}"
    print(f"{shown}: {pages} rendered by publish in {seconds:.1f} s", flush=True)


def _serve(options: argparse.Namespace) -> int:
    # Imported here: a build needs no server, and an unchanged one is over in less than a second.
    from publish.preview import preview
    from publish.workers import warm_up

    root, output = options.project.resolve(), output_folder(options.project, options.output)
    # A page with a mistake is told by the first build.
    with contextlib.suppress(SourceError):
        warm_up(jobs_of(load_project(root, output).pages, root, ()))
    first = True

    def rebuild() -> str:
        nonlocal first
        try:
            _render(options, quiet=not first)
        except (SourceError, OSError) as error:
            told = _told(error)
            print(f"publish: {told}", file=sys.stderr, flush=True)
            return told
        finally:
            first = False
        return ""

    preview(root, output, rebuild, options.port, print)
    return 0


def _told(error: SourceError | OSError) -> str:
    if isinstance(error, OSError):
        # Not every error of the system has a number, and without one it has no `strerror`.
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    return str(error)


def _check(options: argparse.Namespace) -> int:
    project = load_project(options.project, options.output)
    if not (project.output / "index.html").is_file():
        raise SourceError(f"there is no site in {project.output}; render it first")
    findings = check_site(
        project.output, project.root, describe_site(project, options.site_url).url
    )
    for finding in findings:
        print(finding)
    print(f"{len(findings)} finding{'s' if len(findings) != 1 else ''}")
    return 1 if findings else 0


def _deploy(options: argparse.Namespace) -> int:
    from publish.deploy import BRANCH, refuse, to_branch, to_directory

    root = options.project.resolve()
    site = output_folder(root, options.output)
    refuse(options.to, root)
    if options.push and options.to != BRANCH:
        raise SourceError(f"only the branch gh-pages can be pushed, not {options.to}")
    if options.dry_run:
        return 0
    if not (site / "index.html").is_file():
        raise SourceError(f"there is no site in {site}; `make site` builds it")
    on_branch = options.to == BRANCH
    print(
        to_branch(site, root, options.push) if on_branch else to_directory(site, options.to, root)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
