"""SWF's rules: what each decision, answer, request and time-out writes into history.

Pure functions of a state, a request, the registry and the time; nothing here changes anything, or knows a clock, a log
or a task list. One module for each noun.
"""
