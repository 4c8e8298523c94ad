"""For those who start and watch executions from outside: `Client`, and pieces of it that workers and commands use too.

It knows only `Swf`. It must not run workflow code or activities.
"""
