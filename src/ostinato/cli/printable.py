"""Text from histories, as a terminal may get it: without what moves its cursor, or tells it worse."""

_SHOWN = {"\n": "\N{RETURN SYMBOL}", "\t": " "}
_ODD = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """The text in one line."""
    return (
        text if text.isprintable() else "".join(_SHOWN.get(each, each if each.isprintable() else _ODD) for each in text)
    )


def lines_of(text: str) -> str:
    """The text with its lines."""
    return "\n".join("\t".join(map(one_line, line.split("\t"))) for line in text.split("\n"))
