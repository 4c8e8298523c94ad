"""The check that a text fits into its field, made before SWF makes it."""

from ostinato.errors import LimitExceededError

STORED_CHARACTERS = 5 * 1024**3
"""What a text may have that goes to a store: the size of the largest object that S3 keeps, were all of it ASCII."""


def check_length(text: str | None, *, field: str, limit: int, hint: str = "") -> None:
    """Do nothing if the text has at most `limit` characters, or is None.

    Raises:
        LimitExceededError: it is longer; the error names the field, the size and the limit.
    """
    if text is not None and len(text) > limit:
        raise LimitExceededError(field=field, size=len(text), limit=limit, hint=hint)
