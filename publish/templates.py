"""The templates of ``site/templates``, and the one script that pages hold inside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from publish.errors import SourceError

# Jinja is imported where it is used: a page that was written before needs none of it.
if TYPE_CHECKING:
    from jinja2 import Environment

# What a page may load: files of its own site, and inside the page no script or handler but the one
# of the template boot.js, by its digest. To a page opened from the file system its own files are no
# 'self' in Chromium, hence file:, which a page from a web host cannot load anyway. Figures carry
# inline styles; the preview connects to ask whether there is a new build.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self' file:",
    "style-src": "'self' file: 'unsafe-inline'",
    "img-src": "'self' file: data:",
    "media-src": "'self' file:",
    "font-src": "'self' file:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}

# Has to run before anything is drawn, and a request for it would hold the drawing up.
BOOT = "boot.js"

# Look and templates of a project that brings none of its own.
OWN_SITE = Path(__file__).resolve().parent.parent / "site"


def site_folder(root: Path, name: str) -> Path:
    """Return ``site/<name>`` of the project, or publish's own where the project has none."""
    own = root / "site" / name
    return own if own.is_dir() else OWN_SITE / name


def environment(root: Path) -> Environment:
    """Return the template environment: everything is escaped, no hole goes unnoticed.

    A template that the project has not is publish's own.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader([site_folder(root, "templates"), OWN_SITE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    boot = env.loader.get_source(env, BOOT)[0].strip()  # type: ignore[union-attr]
    env.globals.update(boot=Markup(boot), policy=policy(boot))
    return env


def policy(boot: str) -> Markup:
    """Return the Content-Security-Policy of pages that hold the script ``boot`` and no other."""
    digest = base64.b64encode(hashlib.sha256(boot.encode()).digest()).decode()
    sources = {**_SOURCES, "script-src": f"{_SOURCES['script-src']} 'sha256-{digest}'"}
    return Markup("; ".join(f"{name} {allowed}" for name, allowed in sources.items()))


def fill(env: Environment, template: str, values: Mapping[str, Any]) -> str:
    """Return a template filled in.

    Raises
    ------
    SourceError
        Where the template has a mistake or asks for a value that is not there.
    """
    from jinja2 import TemplateError

    try:
        return env.get_template(template).render(values)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise SourceError(
            f"template: {error.message}", f"site/templates/{template}", line
        ) from None
