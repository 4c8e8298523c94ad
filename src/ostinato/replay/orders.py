"""The names of signals by which an operator steers an execution, whatever its code: they begin with "ostinato."."""

RETRY_SIGNAL = "ostinato.retry"
"""What waits to be tried again is tried now. The signal's value is the task's id; none means all."""

GIVE_UP_SIGNAL = "ostinato.give_up"
"""What waits to be tried again is given up, and fails as it did last. The value is as above."""
