"""Render a Quarto-style website without Quarto.

The steps are pure functions, each in its own module:
``project`` (what to render) → ``source`` (a ``.qmd`` in parts) → ``execute`` (its cells run,
Markdown comes out) → ``crossref`` and ``convert`` (numbers, links, HTML) → ``listing``, ``feed``
and ``pages`` (whole pages) → ``build`` (all of it, checked, swapped into place at once).

``stale`` decides which pages have to run, from what ``reads`` saw them read; ``reuse`` keeps the
later steps from being done twice. Both go by content, never by time.

Run it with ``python -m publish``.
"""
