"""What this process counts. Nothing is counted per token: a flush, a call or a reply is the smallest unit.

Each process has a registry of its own and shows it to whoever scrapes it; sums are the scraper's work.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SLOW = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 90, 180, 600)
MANY = (1, 2, 5, 10, 20, 50, 100, 200, 400)

disable_created_metrics()  # type: ignore[no-untyped-call]
registry = CollectorRegistry()
ProcessCollector(registry=registry)

# -- Pages and programs ----------------------------------------------------------------------------

REQUESTS = Counter("colloquy_requests", "HTTP answers", ["route", "status"], registry=registry)
REQUEST_SECONDS = Histogram(
    "colloquy_request_seconds", "Until an answer begins", buckets=FAST, registry=registry
)
SOCKETS = Gauge("colloquy_sockets", "Open WebSockets", registry=registry)
STREAMS = Gauge("colloquy_streams", "Open streams of events over HTTP", registry=registry)
WATCHED = Gauge("colloquy_watched", "Conversations and lists that somebody here watches", registry=registry)

# -- Replies ---------------------------------------------------------------------------------------

QUEUED = Gauge("colloquy_replies_queued", "Replies that wait for an engine, 1,000 at most", registry=registry)
WORKERS = Gauge("colloquy_engines", "Engines whose lease is good", registry=registry)
RUNNING = Gauge("colloquy_replies_running", "Replies this process writes", registry=registry)
CLAIMED = Counter("colloquy_replies_claimed", "Replies this process has taken", registry=registry)
LOST = Counter("colloquy_replies_lost", "Replies taken from an engine that went", registry=registry)
SETTLED = Counter(
    "colloquy_replies_settled", "Replies ended here", ["status", "error", "model"], registry=registry
)
FIRST_TEXT_SECONDS = Histogram(
    "colloquy_first_text_seconds",
    "From a claim to the first text",
    ["model"],
    buckets=SLOW,
    registry=registry,
)
CALL_SECONDS = Histogram(
    "colloquy_provider_call_seconds",
    "Calls of a provider, from first to last byte",
    ["model", "outcome"],
    buckets=SLOW,
    registry=registry,
)
TOKENS = Counter("colloquy_tokens", "Tokens as providers report them", ["kind", "model"], registry=registry)

# -- The journal -----------------------------------------------------------------------------------

FLUSH_SECONDS = Histogram(
    "colloquy_flush_seconds", "Transactions of the journal", buckets=FAST, registry=registry
)
FLUSH_REPLIES = Histogram(
    "colloquy_flush_replies", "Replies stored in one of them", buckets=MANY, registry=registry
)
CHUNKS = Counter("colloquy_chunks_stored", "Pieces of text stored", registry=registry)
CODE_POINTS = Counter("colloquy_code_points_stored", "Length of these pieces", registry=registry)

# -- Background tasks ------------------------------------------------------------------------------

TASKS = Counter("colloquy_tasks", "Background tasks run here", ["task", "outcome"], registry=registry)
TASK_SECONDS = Histogram("colloquy_task_seconds", "How long they took", buckets=SLOW, registry=registry)


def rendered() -> bytes:
    """All of it in Prometheus's text format."""
    return generate_latest(registry)
