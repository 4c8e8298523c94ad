"""The examples are for the type checkers; pytest does not import them."""

collect_ignore_glob = ["good_*.py", "bad_*.py"]
