"""Statements that query sets cannot say, or that run too often to be compiled each time."""

PATH = """
WITH RECURSIVE path(id, parent_id, rank, size) AS (
    SELECT id, parent_id, 1, LENGTH(content) FROM chat_message WHERE id = %s
    UNION ALL
    SELECT m.id, m.parent_id, p.rank + 1, p.size + LENGTH(m.content)
    FROM chat_message m JOIN path p ON m.id = p.parent_id
    WHERE p.rank < %s AND p.size < %s
)
"""
PATH_UP = PATH + "SELECT id FROM path"  # noqa: S608 - constants
TURNS_UP = (
    PATH
    + """
SELECT m.role, m.content FROM path p JOIN chat_message m ON m.id = p.id
WHERE m.content <> '' ORDER BY p.rank DESC
"""
)
PATH_BETWEEN = """
WITH RECURSIVE path(id, parent_id, depth) AS (
    SELECT id, parent_id, depth FROM chat_message WHERE id = %s
    UNION ALL
    SELECT m.id, m.parent_id, m.depth FROM chat_message m JOIN path p ON m.id = p.parent_id WHERE p.depth > %s
)
SELECT p.id, LENGTH(m.content) FROM path p JOIN chat_message m ON m.id = p.id
WHERE p.depth <= %s ORDER BY p.depth
"""
TAILS = """
SELECT c.message_id, c.start, c.text FROM chat_chunk c JOIN chat_message m ON m.id = c.message_id
WHERE m.conversation_id = %s ORDER BY c.start
"""
FAMILIES = """
SELECT m.id, m.parent_id, m.conversation_id, p.created_at
FROM chat_message m LEFT JOIN chat_message p ON p.id = m.parent_id
WHERE m.parent_id IN ({}) OR (m.parent_id IS NULL AND m.conversation_id IN ({})) ORDER BY m.created_at, m.id
"""
# Compiling what follows out of query sets costs several times what running it does, at every change.
CONVERSATION = "SELECT * FROM chat_conversation WHERE id = %s"
UNDELETED = CONVERSATION + " AND deleted_at IS NULL"
OWNED = UNDELETED + " AND owner_id = %s"
OF_KEY = "SELECT * FROM chat_message WHERE conversation_id = %s AND client_key = %s"
SENT_BEFORE = """
SELECT id, 0 FROM chat_message WHERE conversation_id = %s AND client_key = %s
UNION ALL SELECT id, 1 FROM chat_queuedmessage WHERE conversation_id = %s AND client_key = %s ORDER BY 2
"""
WRITTEN = "SELECT * FROM chat_message WHERE id = %s AND attempt = %s AND status = 'streaming'"
STANDING = """
SELECT m.id, m.attempt, m.stop_at IS NOT NULL OR c.deleted_at IS NOT NULL OR NOT u.is_active
FROM chat_message m
JOIN chat_conversation c ON c.id = m.conversation_id
JOIN accounts_user u ON u.id = c.owner_id
WHERE m.status = 'streaming' AND m.id IN ({}) ORDER BY m.id
"""
FOLD = """
UPDATE chat_message SET content = content || SUBSTR(CAST(%s AS text), LENGTH(content) - %s + 1) WHERE id = %s
"""
CHUNKS = "SELECT start, text FROM chat_chunk WHERE message_id = %s ORDER BY start"
DROP_CHUNKS = "DELETE FROM chat_chunk WHERE message_id = %s"
LISTED_CHANGES = """
SELECT c.*, EXISTS (
    SELECT 1 FROM chat_message m WHERE m.conversation_id = c.id AND m.status IN ('queued', 'streaming')
) AS running
FROM chat_conversation c WHERE c.owner_id = %s AND c.list_rev > %s
ORDER BY c.updated_at DESC, c.id DESC LIMIT %s
"""
CHANGED_OR_LIVE = """
SELECT * FROM chat_message WHERE conversation_id = %s AND (rev > %s OR status IN ('queued', 'streaming'))
ORDER BY depth, created_at LIMIT %s
"""
NEWEST_LEAF = """
WITH RECURSIVE below(id, created_at, depth) AS (
    SELECT id, created_at, depth FROM chat_message WHERE id = %s
    UNION ALL
    SELECT m.id, m.created_at, m.depth FROM chat_message m JOIN below b ON m.parent_id = b.id
) SELECT id FROM below ORDER BY created_at DESC, depth DESC, id DESC LIMIT 1
"""
# As many messages of these conversations, in their order, as are wanted, and no more: only a loop within a
# loop does that, and each database is made to take it in its own way.
HOLDING = """
WITH c(id) AS (VALUES {conversations})
SELECT conversation_id, COUNT(*), MAX(CASE WHEN {holds} THEN 1 ELSE 0 END)
FROM (SELECT m.conversation_id, m.content FROM c CROSS JOIN {messages} LIMIT {most}) AS looked_at
GROUP BY conversation_id
"""
MESSAGES_OF = {
    "sqlite": "chat_message m WHERE m.conversation_id = c.id",
    "postgresql": """LATERAL (
        SELECT conversation_id, content FROM chat_message WHERE conversation_id = c.id
        ORDER BY rev DESC LIMIT {most}
    ) AS m""",
}
