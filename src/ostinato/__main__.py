"""`python -m ostinato`: the command line."""

import sys


def command() -> None:
    """Do what was typed. Ctrl-C is as quiet while the command is still being imported as it is later."""
    try:
        from ostinato.cli import main  # noqa: PLC0415  # it takes a moment
    except KeyboardInterrupt:
        sys.exit(130)
    main(prog_name="ostinato")


if __name__ == "__main__":
    command()
