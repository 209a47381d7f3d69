"""Errors: what is said to the user, and what is a fault of this program."""

from __future__ import annotations


class UserError(ValueError):
    """A mistake in a request, or a condition of this machine, that the user can mend: the message is one line that says how.

    The command line prints it as it is. Every other exception is a fault of ours, and is reported as one.
    """
