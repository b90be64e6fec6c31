"""Render a Quarto-style website without Quarto.

The steps are pure functions, each in its own module:
``project`` (what to render) → ``source`` (a ``.qmd`` in parts) → ``execute`` (its cells run,
Markdown comes out) → ``crossref`` and ``convert`` (numbers, links, HTML) → ``listing``, ``feed``
and ``pages`` (whole pages) → ``build`` (all of it, checked, swapped into place at once).

``unchanged`` sees whether there is anything to do; ``stale`` decides which pages have to run, from
what ``reads`` saw them read; ``reuse`` keeps the later steps from being done twice. All go by
content, never by time. ``check`` looks at every site before it replaces the last one, ``serve``
shows it while it is written, and ``deploy`` puts it online.

Run it with ``python -m publish``.
"""
