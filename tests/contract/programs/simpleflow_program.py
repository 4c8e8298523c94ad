"""Workflows for upstream simpleflow, run by its own command against our server.

Each activity is asked for in one place only: simpleflow numbers its tasks anew at each replay, in the order in which they
become possible, and mistakes one for another of the same activity that way. Signals and continue-as-new take keyword
arguments only: it trips over others.
"""

from simpleflow import Workflow, activity, futures
from simpleflow.canvas import Chain, Group


@activity.with_attributes(version="example")
def increment(x):
    return x + 1


@activity.with_attributes(version="example")
def double(x):
    return x * 2


@activity.with_attributes(version="example")
def square(x):
    return x * x


@activity.with_attributes(version="example")
def negate(x):
    return -x


@activity.with_attributes(version="example")
def halve(x):
    return x / 2


@activity.with_attributes(version="example")
def shout(word):
    return word.upper()


@activity.with_attributes(version="example")
def fail():
    raise ValueError("on purpose")


class Example(Workflow):
    version = "example"
    task_list = "example"


class Basic(Example):
    name = "basic"

    def run(self, x, n=3):
        y = self.submit(increment, x)
        z = self.submit(double, y)
        many = self.map(square, range(n))
        futures.wait(z, *many)
        chained = self.submit(Chain((negate, 1), (halve, 8)))
        grouped = self.submit(Group((shout, "a"), (shout, "b")))
        failed = self.submit(fail)
        futures.wait(chained, grouped, failed)
        return [
            z.result,
            [each.result for each in many],
            chained.result,
            grouped.result,
            type(failed.exception).__name__,
        ]


class Timers(Example):
    name = "timers"

    def run(self):
        short = self.submit(self.start_timer("short", 1))
        long = self.submit(self.start_timer("long", 3600))
        futures.wait(short)
        self.submit(self.cancel_timer("long"))
        futures.wait(self.submit(self.start_timer("end", 0)))
        details = self.get_event_details("timer", "short")
        return [short.finished, details["timer_id"] if "timer_id" in details else details["id"]]


class Markers(Example):
    name = "markers"

    def run(self):
        for details in ("one", {"two": 2}):
            self.submit(self.record_marker("m", details))
        futures.wait(self.submit(increment, 1))
        return [[marker.name, marker.details] for marker in self.list_markers(all=True)]


class Signals(Example):
    name = "signals"

    def run(self):
        context = self.get_run_context()
        sent = self.submit(self.signal("go", x=1, workflow_id=context["workflow_id"], run_id=context["run_id"]))
        got = self.submit(self.wait_signal("go"))
        futures.wait(got)
        later = self.submit(self.wait_signal("later"))
        futures.wait(later)
        return [got.result, later.result]


class Child(Example):
    name = "child"

    def run(self, x):
        y = self.submit(increment, x)
        futures.wait(y)
        return y.result


class Parent(Example):
    name = "parent"

    def run(self, x):
        children = [self.submit(Child, x), self.submit(Child, x + 10)]
        futures.wait(*children)
        return [child.result for child in children]


class Again(Example):
    name = "again"

    def run(self, left):
        y = self.submit(increment, left)
        futures.wait(y)
        if left:
            futures.wait(self.submit(self.continue_as_new(left=left - 1)))
        return y.result


class Rounds(Example):
    """Waits for a child that continues as new: `standalone` itself ends with the first run."""

    name = "rounds"

    def run(self, left):
        child = self.submit(Again, left=left)
        futures.wait(child)
        return child.result


class Broken(Example):
    name = "broken"

    def run(self):
        return self.submit(fail).result or self.fail("told to")
