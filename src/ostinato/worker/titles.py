"""What `ps` shows of a process, if setproctitle is installed (`pip install 'ostinato[titles]'`)."""

from contextlib import suppress


def set_title(title: str) -> None:
    """Let `ps` show `ostinato` and this, if it can."""
    with suppress(ImportError):
        from setproctitle import setproctitle  # noqa: PLC0415  # an extra

        setproctitle(f"ostinato {title}")
