"""When a schedule starts something: cron expressions and intervals, in a time zone. Pure: time comes in as a number."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ostinato.errors import UsageError


class Times(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When something is started.

    Args:
        cron: a cron expression of five fields, or six with seconds first; "" if `every` is given.
        every: an interval in seconds, counted from the epoch plus `offset`.
        offset: seconds by which an interval begins later than the epoch.
        timezone: of the cron expression. Where clocks are put forward, times that do not exist come once, when
            that is done; where they are put back, one that comes twice is taken the first time. Expressions whose
            minutes or hours begin with `*` go by the hours that pass: each of them counts, and none is made up.
    """

    cron: str = ""
    every: float = 0.0
    offset: float = 0.0
    timezone: str = "UTC"

    def check(self) -> None:
        """Refuse what never comes.

        Raises:
            UsageError: it is neither a cron expression nor an interval, or the time zone is unknown.
        """
        if bool(self.cron) == bool(self.every):
            raise UsageError(found=f"cron={self.cron!r}, every={self.every:g}", expected="one of the two")
        if self.every and self.every < 1:
            raise UsageError(found=f"an interval of {self.every:g} s", expected="at least one second")
        if next(self.after(0.0), None) is None:
            raise UsageError(found=f"the cron expression {self.cron!r}", expected="a time that comes")

    def after(self, moment: float) -> Iterator[float]:
        """The times after that moment, in order, all in seconds since the epoch.

        Raises:
            UsageError: as `check`.
        """
        if self.every:
            count = (moment - self.offset) // self.every
            while True:
                count += 1
                yield self.offset + count * self.every
        yield from self._cron_times(moment)

    def between(self, start: float, end: float, limit: int) -> list[float]:
        """The times after `start` up to `end`, at most so many."""
        found: list[float] = []
        for time in self.after(start):
            if time > end or len(found) == limit:
                break
            found.append(time)
        return found

    def _cron_times(self, moment: float) -> Iterator[float]:
        try:
            from cronsim import CronSim, CronSimError  # noqa: PLC0415  (an extra)
        except ImportError:
            raise UsageError(
                found="cron expressions need the package cronsim", hint="pip install 'ostinato[schedule]'"
            ) from None
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise UsageError(
                found=f"the time zone {self.timezone!r}", expected="a name such as Europe/Berlin"
            ) from None
        begin = datetime.fromtimestamp(int(moment), UTC).astimezone(zone)
        try:
            for found in CronSim(self.cron, begin):
                if found.timestamp() > moment:
                    yield found.timestamp()
        except CronSimError as error:
            raise UsageError(found=f"the cron expression {self.cron!r}", hint=str(error)) from None
