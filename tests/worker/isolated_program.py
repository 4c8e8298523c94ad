"""An activity that tests run in processes of its own: these import this file."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from ostinato import activity, activity_info, complete_later, heartbeat, heartbeat_details


@activity(name="isolated", isolation="process", heartbeat_timeout=1)
def isolated(what: str, path: str = "") -> Any:
    match what:
        case "pid":
            return os.getpid()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hog":
            return len(bytearray(4 << 30))
        case "later":
            Path(path).write_text(activity_info().task_token)
            complete_later()
        case "beat":
            heartbeat({"at": 1})
        case "wait":
            while not Path(path).exists():
                time.sleep(0.01)
            return "came to its end"
        case "resume":
            if heartbeat_details() is None:
                heartbeat({"at": 2})
                os.kill(os.getpid(), signal.SIGKILL)
            return heartbeat_details()
        case _:
            below = subprocess.Popen(["sleep", "1000"])
            Path(path).write_text(f"{os.getpid()} {below.pid}")
            try:
                time.sleep(1000)
            finally:
                Path(path).with_suffix(".tidy").touch()
    return None
