"""The embedded engine: Amazon SWF's behaviour in one process, over one event log.

`state`, `deadlines` and `rules` are pure; `engine` puts time, tasks and the log around them. Import the module that
holds what you need.
"""
