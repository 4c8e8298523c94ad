"""What carries tasks from SWF to workflow code and activities, and back: deciders, activity workers, starters.

Knows the service as `ostinato.swf.Swf` and nothing of what is behind it. Import the module that holds what you need;
this package re-exports nothing.
"""
