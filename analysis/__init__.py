"""What the cached runs mean: a DataFrame in, an object for the page out.

Every module is a set of pure functions over the tables that ``experiments.results`` loads. The
objects they return define ``_repr_markdown_``, so that a post's cell ends in one expression.

- ``stats``: intervals, paired differences, counts and closed forms
- ``shock``: the window of optimiser steps around a change of learning rate
- ``text``: numbers and intervals as words
- ``style``, ``svg``, ``figures``: pictures
- ``tables``: Markdown tables
- ``claims``: the articles' claims, each with its measured verdict
- ``receipts``: where the numbers under a figure come from
"""
