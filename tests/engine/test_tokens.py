"""Tokens: signed, short, good for one thing only."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.engine.tokens import Signer, TaskKind, TaskReference
from ostinato.errors import ValidationException
from ostinato.model.fields import EventId, TaskToken

SECRET = bytes(range(32))
URL_SAFE = set(string.ascii_letters + string.digits + "-_")
REFERENCE = TaskReference(
    kind=TaskKind.ACTIVITY, execution_key=7, scheduled_event_id=EventId(5), started_event_id=EventId(6)
)

event_ids = st.integers(min_value=0, max_value=2**32 - 1).map(EventId)
references = st.builds(
    TaskReference,
    kind=st.sampled_from(TaskKind),
    execution_key=st.integers(min_value=1, max_value=2**63 - 1),
    scheduled_event_id=event_ids,
    started_event_id=event_ids,
)


@given(references)
def test_task_token_gives_its_task_back(reference: TaskReference) -> None:
    """Another signer with the same secret, as after a restart, reads what was signed; tokens are short and url-safe."""
    token = Signer(SECRET).sign_task(reference)

    assert Signer(SECRET).read_task(token) == reference
    assert len(token) <= 1024
    assert set(token) <= URL_SAFE


@given(references, st.data())
def test_changed_task_token_is_refused(reference: TaskReference, data: st.DataObject) -> None:
    """A token with any one character changed, dropped or added is no token."""
    signer = Signer(SECRET)
    token = signer.sign_task(reference)
    place = data.draw(st.integers(min_value=0, max_value=len(token)))
    cut = data.draw(st.integers(min_value=place, max_value=min(place + 1, len(token))))
    put = data.draw(st.text(max_size=1))
    changed = TaskToken(token[:place] + put + token[cut:])
    if changed == token:
        return

    with pytest.raises(ValidationException, match="Invalid token"):
        signer.read_task(changed)


@given(st.text(max_size=100))
def test_any_text_is_refused_as_a_task_token(text: str) -> None:
    """Text that no engine made gives SWF's fault, whatever it is."""
    with pytest.raises(ValidationException, match="Invalid token"):
        Signer(SECRET).read_task(TaskToken(text))


def test_token_of_another_log_is_refused() -> None:
    """A token is only good where the same secret is kept."""
    token = Signer(b"another").sign_task(REFERENCE)

    with pytest.raises(ValidationException, match="Invalid token"):
        Signer(SECRET).read_task(token)


@given(st.binary(max_size=700), st.binary(max_size=100), st.floats(min_value=0, max_value=1e10))
def test_page_token_gives_its_position_back(position: bytes, scope: bytes, expires: float) -> None:
    """Until it expires, a page token gives back the position that was put in, in the scope that it was made for."""
    token = Signer(SECRET).sign_page(position, scope=scope, expires=expires)

    assert Signer(SECRET).read_page(token, scope=scope, now=expires) == position
    assert len(token) <= 1024
    assert set(token) <= URL_SAFE


def test_page_token_is_good_for_its_query_only() -> None:
    """A page token is refused for another query than the one it came from."""
    signer = Signer(SECRET)
    token = signer.sign_page(b"here", scope=b"one query", expires=10.0)

    for scope in (b"another query", b"", b"one quer"):
        with pytest.raises(ValidationException, match="Invalid token"):
            signer.read_page(token, scope=scope, now=1.0)


def test_expired_page_token_is_refused_in_the_words_of_the_service() -> None:
    """After its last instant, a page token gives the fault that the service was recorded to give."""
    signer = Signer(SECRET)
    token = signer.sign_page(b"here", scope=b"q", expires=10.0)

    with pytest.raises(ValidationException) as caught:
        signer.read_page(token, scope=b"q", now=10.001)
    assert caught.value.message == "Specified token has exceeded its maximum lifetime"


def test_tokens_of_tasks_and_of_pages_are_told_apart() -> None:
    """Neither kind of token is taken for the other."""
    signer = Signer(SECRET)
    page = signer.sign_page(b"12345678", scope=b"", expires=10.0)

    with pytest.raises(ValidationException, match="Invalid token"):
        signer.read_task(TaskToken(page))
    with pytest.raises(ValidationException, match="Invalid token"):
        signer.read_page(signer.sign_task(REFERENCE), scope=b"", now=0.0)
