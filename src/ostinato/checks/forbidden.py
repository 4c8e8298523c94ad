"""What workflow code must not call or read, by the names under which Python knows it."""

from collections.abc import Iterable, Mapping

from ostinato.checks.findings import Rule


def _table(rules: Mapping[Rule, str]) -> dict[str, Rule]:
    return {name: rule for rule, names in rules.items() for name in names.split()}


_CALLS = _table(
    {
        Rule.CLOCK: """
            time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns
            time.process_time time.process_time_ns time.thread_time time.thread_time_ns time.clock_gettime
            datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
            django.utils.timezone.now pendulum.now pendulum.today arrow.now arrow.utcnow
        """,
        Rule.CHANCE: "os.urandom os.getrandom uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7",
        Rule.WORLD: """
            builtins.open builtins.input io.open os.open os.listdir os.scandir os.walk os.stat os.lstat os.remove
            os.unlink os.rename os.replace os.mkdir os.makedirs os.rmdir os.removedirs os.access os.chmod os.chown
            os.link os.symlink os.path.exists os.path.isfile os.path.isdir os.path.getsize os.path.getmtime
            sqlalchemy.create_engine
        """,
        Rule.SURROUNDINGS: """
            os.getenv os.getpid os.getppid os.getcwd os.cpu_count os.uname os.getlogin os.getuid os.getloadavg
            socket.gethostname socket.getfqdn locale.getlocale getpass.getuser
        """,
        Rule.BLOCKING: "time.sleep gevent.sleep eventlet.sleep trio.sleep select.select signal.pause",
        Rule.THREADS: """
            os.system os.popen os.fork os.forkpty os.kill os.execv os.execve os.execvp os.execl os.spawnv os.spawnl
            os.posix_spawn signal.signal signal.alarm asyncio.run asyncio.to_thread asyncio.new_event_loop
            asyncio.create_subprocess_exec asyncio.create_subprocess_shell asyncio.open_connection asyncio.start_server
            asyncio.run_coroutine_threadsafe
        """,
        Rule.IDENTITY: "builtins.hash builtins.id",
    }
)

_ONLY_OF_NOW = {"time.localtime": 0, "time.gmtime": 0, "time.ctime": 0, "time.asctime": 0, "time.strftime": 1}
"""They read the clock if they are given no more than so many arguments."""

_MODULES = _table(
    {
        Rule.CHANCE: "random secrets numpy.random",
        Rule.WORLD: """
            socket ssl sqlite3 requests httpx aiohttp urllib.request urllib3 http.client smtplib ftplib imaplib poplib
            telnetlib shutil tempfile glob boto3 psycopg psycopg2 asyncpg pymysql MySQLdb redis pymongo
        """,
        Rule.SURROUNDINGS: "platform",
        Rule.THREADS: "threading _thread multiprocessing concurrent.futures subprocess",
    }
)
"""Modules of which nothing may be called, except what the tables above say otherwise of, and errors."""

_SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"}
"""With a seed they are as good as any value."""

_READS = _table({Rule.SURROUNDINGS: "os.environ os.environb sys.argv sys.platform sys.flags"})

PATH_METHODS = {
    *("exists", "glob", "group", "is_dir", "is_file", "iterdir", "lstat", "owner", "rglob", "stat", "walk"),
    *("open", "read_bytes", "read_text", "write_bytes", "write_text"),
    *("chmod", "hardlink_to", "mkdir", "rename", "replace", "rmdir", "symlink_to", "touch", "unlink"),
}
"""Methods of `pathlib.Path` that touch the disk."""

METHODS_OF_ANYTHING = {"run_in_executor": Rule.THREADS}
"""Methods whose name says enough, whatever they are called on."""


def forbidden_call(name: str, arguments: int) -> Rule | None:
    """The rule against calling what has this name with so many arguments, if there is one."""
    if name in _CALLS:
        return _CALLS[name]
    if name in _ONLY_OF_NOW:
        return Rule.CLOCK if arguments <= _ONLY_OF_NOW[name] else None
    if name in _SEEDED:
        return None if arguments else Rule.CHANCE
    if name.endswith(("Error", "Exception", "Expired", "Empty", "Full")):
        return None
    return next((_MODULES[prefix] for prefix in _prefixes(name) if prefix in _MODULES), None)


def forbidden_read(name: str) -> Rule | None:
    """The rule against reading what has this name, if there is one."""
    return _READS.get(name)


def _prefixes(name: str) -> Iterable[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
