"""What can be seen in workflow code without running it: what no replay can repeat, and calls that cannot work.

It reads source as text and imports nothing of the author's. What it cannot see, it does not complain about.
"""
