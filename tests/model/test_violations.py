"""The service's words for what a request breaks."""

from ostinato.model.enums import ChildPolicy
from ostinato.model.violations import Violation, one_of, refusal


def test_refusal_counts_and_lists_the_breaches() -> None:
    """The fault says how many errors there are and lists them, as the service does."""
    one = Violation("domain", "", "Member must have length greater than or equal to 1")
    other = Violation("name", None, "Member must not be null")

    assert refusal([one]).message == (
        "1 validation error detected: Value '' at 'domain' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    assert refusal([one, other]).message == (
        "2 validation errors detected: Value '' at 'domain' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value null at 'name' failed to satisfy constraint: Member must not be null"
    )


def test_long_value_is_shown_by_its_beginning() -> None:
    """A fault does not repeat megabytes of input."""
    message = str(Violation("input", "x" * 100_000, "Member must ..."))

    assert len(message) < 400
    assert "xxx...' at 'input'" in message


def test_enum_constraint_lists_the_words() -> None:
    """A word outside its set is told the whole set."""
    assert one_of(ChildPolicy) == "Member must satisfy enum value set: [TERMINATE, REQUEST_CANCEL, ABANDON]"
