"""What, of the exceptions that come out of workflow code, is not the workflow's failure but drops the decision."""

from ostinato import errors

DROPPED = (
    errors.NondeterminismError,
    errors.NotDurableError,
    errors.OutsideWorkflowError,
    errors.PayloadUnavailableError,
    errors.UnwindingError,
)
"""What the code did wrong, rather than what went wrong in it: the decision is dropped until the code is mended."""


def fault_in(error: BaseException) -> BaseException | None:
    """What in the error, also deep within groups, is not the workflow's failure but drops the decision."""
    if isinstance(error, BaseExceptionGroup):
        # Of what the group is, isinstance does not say.
        faults = map(fault_in, error.exceptions)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return next((fault for fault in faults if fault is not None), None)
    if isinstance(error, SystemExit):
        return errors.NotDurableError(
            where=_line_of(error),
            found=f"workflow code called sys.exit({error.code!r})",
            hint="Return, or raise an exception",
        )
    is_failure = isinstance(error, Exception) and not isinstance(error, (*DROPPED, errors.InternalError))
    return None if is_failure else error


def chosen_failure(error: BaseException) -> errors.FailWorkflow | None:
    """The end that the code chose, also deep within groups."""
    if isinstance(error, BaseExceptionGroup):
        chosen = map(chosen_failure, error.exceptions)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return next((failure for failure in chosen if failure is not None), None)
    return error if isinstance(error, errors.FailWorkflow) else None


def _line_of(error: BaseException) -> str:
    """Where it was raised."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else f'File "{place.tb_frame.f_code.co_filename}", line {place.tb_lineno}'
