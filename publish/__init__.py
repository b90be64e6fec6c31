"""Render a Quarto-style website without Quarto.

The steps are pure functions, each in its own module:
``project`` (what to render) → ``source`` (a ``.qmd`` in parts) → ``execute`` (its cells run,
Markdown comes out) → ``crossref`` and ``convert`` (numbers, links, HTML) → ``listing``, ``feed``
and ``pages`` (whole pages) → ``build`` (all of it, swapped into place at once).

Run it with ``python -m publish``.
"""
