"""The one kind of error a user can cause: its message is the sentence to print."""


class ExperimentsError(Exception):
    """Something that the user can put right; the message says what and how."""
