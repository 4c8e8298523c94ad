"""A canvas: stations are read side by side, two at once, each in two steps; one that fails is left out.

ostinato run examples/weather.py:report --input '{"stations": ["Bern", "Oslo", "Atlantis", "Rome"]}'
"""

from dataclasses import dataclass

from ostinato import Chain, Group, activity, call, submit, workflow

_CELSIUS = {"Bern": 21.5, "Oslo": 14.0, "Rome": 30.5}


@dataclass
class Reading:
    """What a station measured, in degrees Celsius."""

    station: str
    celsius: float


@activity(start_to_close_timeout=60)
def read(station: str) -> Reading:
    """Ask a station; raises KeyError for one that is not there."""
    return Reading(station, _CELSIUS[station])


@activity(start_to_close_timeout=60)
def in_fahrenheit(reading: Reading) -> float:
    """The temperature, in the other scale."""
    return reading.celsius * 9 / 5 + 32


@workflow
def report(stations: list[str]) -> dict[str, float]:
    """Degrees Fahrenheit of the stations that could be read."""
    each = [Chain(call(read, station), in_fahrenheit, send_result=True) for station in stations]
    results = submit(Group(*each, max_parallel=2, tolerated_failures=len(stations) // 2)).result()
    read_well = (result for result in results if not isinstance(result, Exception))
    return {reading.station: fahrenheit for reading, fahrenheit in read_well}
