"""The numbers at which SWF stops; the source of each is the page "Amazon SWF Quotas" of its developer guide."""

EVENTS_PER_EXECUTION = 25_000
"""An execution whose history reaches this length is terminated with EVENT_LIMIT_EXCEEDED."""

OPEN_ACTIVITIES = 1_000
OPEN_TIMERS = 1_000
OPEN_CHILDREN = 1_000
OPEN_LAMBDA_FUNCTIONS = 1_000
OPEN_EXECUTIONS_PER_DOMAIN = 100_000
"""The open things one execution (one domain) may have."""

DECISIONS_PER_RESPONSE = 100
REQUEST_BYTES = 1_000_000
"""One RespondDecisionTaskCompleted holds at most so much."""

DATA_CHARACTERS = 32_768
"""input, result, details, control, executionContext."""

REASON_CHARACTERS = 256
IDENTITY_CHARACTERS = 256
HEARTBEAT_CHARACTERS = 2_048
ID_CHARACTERS = 256

DOMAINS = 100
TYPES_PER_DOMAIN = 10_000
TAGS_PER_EXECUTION = 5
TAGS_PER_RESOURCE = 50
POLLERS_PER_TASK_LIST = 1_000

PAGE_SIZE = 1_000
"""Items on a page, at most, and when a request does not say."""

POLL_SECONDS = 60.0
"""How long a poll waits for a task."""

YEAR_SECONDS = 31_536_000
"""The longest time-out, timer and execution."""

RETENTION_DAYS = 90
"""The longest that a domain keeps closed executions."""
