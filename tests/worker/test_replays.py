from ostinato import workflow
from ostinato.model.fields import RunId
from ostinato.model.structures import WorkflowExecution
from ostinato.payloads.converter import JsonConverter
from ostinato.replay.replay import Replay
from ostinato.worker.replays import KeptReplays, estimated_bytes


@workflow
def nothing() -> None: ...


def replay() -> Replay:
    execution = WorkflowExecution(workflow_id="w", run_id=RunId("r"))
    return Replay(nothing, execution=execution, converter=JsonConverter())


def test_the_least_lately_used_is_put_away_when_there_are_too_many() -> None:
    """One that is taken and kept again is the latest."""
    kept = KeptReplays(count=2)
    for run_id in "ab":
        kept.keep(run_id, replay())
    first = kept.take("a")
    assert first is not None
    kept.keep("a", first)

    kept.keep("c", replay())

    assert kept.take("b") is None
    assert kept.take("a") is first
    assert len(kept) == 1


def test_they_take_no_more_than_they_may() -> None:
    """By estimate; the last one is kept however large it is."""
    one = estimated_bytes(replay())
    kept = KeptReplays(count=100, size=2 * one)

    for number in range(5):
        kept.keep(str(number), replay())

    assert len(kept) == 2
    assert kept.taken_bytes == 2 * one
    tight = KeptReplays(size=1)
    tight.keep("a", replay())
    assert len(tight) == 1
