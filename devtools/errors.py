"""The one exception that reaches the user as a single line."""


class SetupError(Exception):
    """Something about the machine or the arguments; the message says what to do."""
