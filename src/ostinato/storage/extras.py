"""The error of what is an extra and not installed."""

from ostinato.errors import UsageError


def missing_extra(what: str, package: str, extra: str) -> UsageError:
    """The error that something needs a package."""
    return UsageError(
        where=what, found=f"the package {package!r} is not installed", hint=f"pip install 'ostinato[{extra}]'"
    )
