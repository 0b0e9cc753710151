"""Locks between several ./dev commands running at once."""

import contextlib
import fcntl
import os


@contextlib.contextmanager
def exclusive(path):
    """Hold the lock file `path` alone; others wait."""
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Usage:
    """Counts the users of a service through a shared lock; the last one out may stop it."""

    def __init__(self, path):
        """Take a place among the users."""
        self.fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def leave(self):
        """Give the place up; yields whether nobody else is left, while keeping newcomers out."""
        try:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(self.fd)
