"""The thread that makes durable what was begun by callers who do not wait themselves: a server's event loop."""

import logging
from threading import Event, Lock, Thread

from ostinato.engine.commits import Commits
from ostinato.errors import StoreError

logger = logging.getLogger(__name__)


class Committer:
    """Commits whenever it is asked to; asleep otherwise. Its thread begins with the first time.

    Args:
        commits: makes it all durable, and tells those who are told after the commit.
    """

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._is_wanted = Event()
        self._is_closed = False
        self._beginning = Lock()
        self._thread: Thread | None = None

    def commit_soon(self) -> None:
        """Let everything that has changed so far become durable. Does not wait."""
        if self._thread is None:
            self._begin()
        self._is_wanted.set()

    def _begin(self) -> None:
        with self._beginning:
            if self._thread is None:
                self._thread = Thread(target=self._commit, name="ostinato-committer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End, and wait for the end."""
        self._is_closed = True
        self._is_wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _commit(self) -> None:
        while not self._is_closed:
            self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                self._commits.commit_all()
            except StoreError as error:
                # Whoever was to be told after this commit has been told of the failure.
                logger.error("changes are lost, because the database cannot be written: %s", error)  # noqa: TRY400
