import json

import pytest

from ostinato.model.limits import DATA_CHARACTERS
from ostinato.payloads.along import SentAlong, send_along, sent_along
from ostinato.payloads.converter import JsonConverter


def plain(x: object) -> object:
    return x


@pytest.mark.parametrize(
    "text",
    [
        '{"args":[1],"kwargs":{}}',
        "{}",
        '{"args":[{"__ostinato":{"attempt":9}}],"kwargs":{}}',
        '{"args":[],"kwargs":{"x":{"__ostinato":{"attempt":9}}},"__ostinato":{"attempt":1}}',
        '{"error":"E","message":"\\u00e9"}',
    ],
)
def test_what_is_sent_along_comes_along(text: str) -> None:
    """And nothing else changes: neither the arguments, nor what lies deeper under the same name."""
    sent = send_along(text, {"attempt": 2, "heartbeat": 'a "quoted" text'})

    assert sent_along(sent) == SentAlong(attempt=2, heartbeat='a "quoted" text')
    before, after = json.loads(text), json.loads(sent)
    before.pop("__ostinato", None)
    after.pop("__ostinato")
    assert before == after


def test_more_can_be_sent_along_later() -> None:
    """What is there stays, unless it is said anew; members of a later version, too."""
    text = '{"args":[],"kwargs":{},"__ostinato":{"attempt":2,"heartbeat":"1","of":"a later version"}}'

    sent = send_along(text, {"traceparent": "00-1-2-01", "heartbeat": "2"})

    assert sent_along(sent) == SentAlong(attempt=2, heartbeat="2", traceparent="00-1-2-01")
    assert json.loads(sent)["__ostinato"]["of"] == "a later version"
    assert JsonConverter().load_arguments(send_along('{"args":[1]}', {"attempt": 2}), plain).args == (1,)


@pytest.mark.parametrize(
    "text", ["", "7", "[1]", '"__ostinato"', '{"args":[1]', '{"__ostinato":7}', '{"__ostinato":null}']
)
def test_what_is_no_object_stays_as_it_is(text: str) -> None:
    """Nothing can be sent along with it, and nothing was."""
    assert send_along(text, {"attempt": 2}) == text
    assert sent_along(text) == sent_along(None) == SentAlong()


def test_nothing_is_sent_along_where_it_does_not_fit() -> None:
    """What stands in history must not become too long; what is too long already goes elsewhere."""
    rest = len('{"x":""}')
    full, longer = ('{"x":"' + "x" * (length - rest) + '"}' for length in (DATA_CHARACTERS, DATA_CHARACTERS + 1))

    assert send_along(full, {"attempt": 2}) == full
    assert sent_along(send_along(longer, {"attempt": 2})).attempt == 2
    assert send_along("{}", {}) == "{}"
