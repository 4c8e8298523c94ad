"""Which answers to tasks still count after commits that failed."""

from ostinato.engine.task_tokens import StartedTask, TaskTokens
from ostinato.engine.tokens import Signer, TaskKind
from ostinato.model.fields import EventId

TASK = StartedTask(1, EventId(2), EventId(3))


def test_what_was_handed_out_before_a_loss_counts_no_more() -> None:
    """The same start, given out anew, has another token; that one counts until it is lost as well."""
    tokens = TaskTokens(Signer(b"secret"))
    first = tokens.sign(TaskKind.ACTIVITY, TASK, tokens.generation)
    tokens.lose([TASK])
    second = tokens.sign(TaskKind.ACTIVITY, TASK, tokens.generation)

    assert tokens.read(TaskKind.ACTIVITY, first) is None
    assert tokens.read(TaskKind.ACTIVITY, second) == TASK
    tokens.lose([])
    assert tokens.read(TaskKind.ACTIVITY, second) == TASK
    tokens.lose([TASK])
    assert tokens.read(TaskKind.ACTIVITY, second) is None


def test_what_is_remembered_of_losses_does_not_grow_with_their_number() -> None:
    """A disk that stays full for hours makes a commit fail again and again; a task lost is remembered once."""
    tokens = TaskTokens(Signer(b"secret"))

    for _ in range(10_000):
        tokens.lose([TASK])

    assert len(tokens._lost) == 1
