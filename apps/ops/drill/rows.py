"""What is stored, read with plain SQL: nothing of the code under test stands between it and the drill."""

from dataclasses import dataclass, field

import psycopg
from psycopg.rows import class_row

from apps.ops.drill.page import LIVE

MESSAGES = """
SELECT m.id::text, m.conversation_id::text AS conversation, COALESCE(m.parent_id::text, '') AS parent,
       m.role, m.status, m.attempt,
       m.content || COALESCE((SELECT string_agg(c.text, '' ORDER BY c.start)
                              FROM chat_chunk c WHERE c.message_id = m.id), '') AS text,
       (SELECT w.pid FROM generation_generation g JOIN generation_worker w ON w.id = g.worker_id
        WHERE g.message_id = m.id AND g.attempt = m.attempt AND m.status = 'streaming') AS pid
FROM chat_message m ORDER BY m.created_at, m.id
"""
CONVERSATIONS = (
    "SELECT id::text, COALESCE(head_id::text, '') AS head, title, title_state FROM chat_conversation"
)
WAITING = """
SELECT q.conversation_id::text AS conversation, q.text,
       COALESCE(m.status NOT IN ('queued', 'streaming'), false) AS is_forgotten
FROM chat_queuedmessage q
JOIN chat_conversation c ON c.id = q.conversation_id LEFT JOIN chat_message m ON m.id = c.awaited_id
WHERE q.state = 'waiting'
"""
CONNECT_WITHIN = 5  # seconds
ANSWER_WITHIN = "10s"


@dataclass(frozen=True)
class Row:
    """A message as it is stored, running text included; `pid` is the process that writes it."""

    id: str
    conversation: str
    parent: str
    role: str
    status: str
    text: str
    attempt: int
    pid: int | None = None

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True)
class StoredConversation:
    id: str
    head: str
    title: str
    title_state: str


@dataclass(frozen=True)
class Waiting:
    """A message in a queue; forgotten if the reply that it waits for has ended."""

    conversation: str
    text: str
    is_forgotten: bool = False


@dataclass
class Rows:
    messages: dict[str, Row] = field(default_factory=dict)
    conversations: dict[str, StoredConversation] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def replies(self) -> list[Row]:
        return [row for row in self.messages.values() if row.role == "assistant"]

    def written_by(self, pid: int) -> set[str]:
        """The replies that this process is writing, as far as the rows know."""
        return {row.id for row in self.messages.values() if row.pid == pid}

    def path(self, conversation: str) -> list[Row]:
        """The messages that a page of the conversation shows, from the first."""
        found = self.conversations.get(conversation)
        row = self.messages.get(found.head) if found else None
        path: list[Row] = []
        while row:
            path.append(row)
            row = self.messages.get(row.parent)
        return path[::-1]


def read(database_url: str) -> Rows:
    """Everything as one transaction sees it; raises psycopg.Error while the database is away."""
    options = f"-c statement_timeout={ANSWER_WITHIN}"
    with psycopg.connect(database_url, connect_timeout=CONNECT_WITHIN, options=options) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        messages = connection.cursor(row_factory=class_row(Row)).execute(MESSAGES).fetchall()
        conversations = (
            connection.cursor(row_factory=class_row(StoredConversation)).execute(CONVERSATIONS).fetchall()
        )
        waiting = connection.cursor(row_factory=class_row(Waiting)).execute(WAITING).fetchall()
    return Rows({row.id: row for row in messages}, {row.id: row for row in conversations}, waiting)
