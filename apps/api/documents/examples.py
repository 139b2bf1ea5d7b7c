"""An example of every schema, the same wherever it stands."""

from typing import Any

CONVERSATION = "6f1c2a52-6a0e-4f0a-8f0e-0c2a5c1f7f01"
QUESTION = "0d5b7c9e-3f7b-4f5e-9b6a-5d1f2f0e7a02"
REPLY = "a4f0c3d8-77a5-4c55-8f4f-1b8c6d2e9a03"
QUEUED = "2c1d9a77-05f6-4b0e-8a0f-9f4f7a3c6b04"
ASKED = "Why is the sky blue?"
SAID = "Because air scatters blue light more than red."
KEY = "0b9e6a1c-7f0a-4d5c-9a55-1c6f6c1f2f10"
BY_NAME: dict[str, Any] = {
    "id": REPLY,
    "Conversation.id": CONVERSATION,
    "QueuedMessage.id": QUEUED,
    "conversation_id": CONVERSATION,
    "message_id": REPLY,
    "question_id": QUESTION,
    "reply_id": REPLY,
    "position": f"12,{REPLY}={len(SAID)}",
    "StreamingPayload.start": 0,
    "StreamingPayload.text": SAID,
    "StreamingStartPayload.start": 0,
    "ErrorPayload.code": "absent",
    "ErrorPayload.detail": "It never was, it was deleted, or it is not yours.",
    "errors": None,
    "parent_id": QUESTION,
    "head_id": REPLY,
    "before": QUESTION,
    "after": REPLY,
    "key": KEY,
    "title": "Why the sky is blue",
    "text": ASKED,
    "note": "",
    "instructions": "",
    "model": "demo",
    "ConversationChange.pinned": True,
    "NewConversation.instructions": "Answer in one sentence.",
    "Rating.note": "Short and right.",
    "Me.name": "Ada",
    "name": "demo",
    "Question.id": QUESTION,
    "Question.parent_id": None,
    "Question.role": "user",
    "Question.model": "",
    "Question.depth": 0,
    "Question.length": 20,
    "Question.attempt": 0,
    "Question.finish_reason": None,
    "Question.text": ASKED,
    "Message.text": SAID,
    "Message.length": len(SAID),
    "role": "assistant",
    "status": "complete",
    "depth": 1,
    "length": len(SAID),
    "rev": 4,
    "attempt": 1,
    "number": 1,
    "first_text_ms": 180,
    "duration_ms": 2400,
    "prompt_tokens": 42,
    "completion_tokens": 310,
    "finish_reason": "stop",
    "error": None,
    "default": True,
    "resumes_exactly": True,
    "writes": True,
    "next": None,
    "queued": None,
    "email": "ada@example.org",
    "token_id": None,
    "ticket": "oQ1tF4r2yqf7pHqVwS0gE3m6Zk9bX5cN8uT7aJdLrYs",
    "expires_in": 30,
}
MOMENT = "2026-03-01T09:30:00Z"


LEFT_OUT = {  # of a request, what is rarely said
    "NewConversation.key",
    "NewConversation.model",
    "NewMessage.model",
    "NewMessage.after",
    "NewVersion.model",
    "ConversationChange.archived",
    "ConversationChange.model",
    "ConversationChange.instructions",
}
PERSONAS = {"Accepted.question": "Question"}  # the same kind of row, met in another role


def example_of(schema: dict[str, Any], schemas: dict[str, Any], *names: str) -> Any:
    """What a value of this schema may be, in the field that one of these names tells best."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if "properties" in schemas[name]:
            return _object(schemas[name], schemas, next((PERSONAS[n] for n in names if n in PERSONAS), name))
        return example_of(schemas[name], schemas, *names)
    if found := [BY_NAME[name] for name in names if name in BY_NAME]:
        return found[0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas, *names)
    if "enum" in schema:
        return schema["enum"][0]
    return _plain(schema, schemas)


def _object(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> dict[str, Any]:
    fields = schema["properties"].items()
    return {
        field: example_of(part, schemas, f"{name}.{field}", field)
        for field, part in fields
        if f"{name}.{field}" not in LEFT_OUT
    }


def _plain(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if schema.get("format") == "date-time":
        return MOMENT
    if schema["type"] == "array":
        return [example_of(schema["items"], schemas)]
    return {"boolean": False, "integer": 1, "string": ""}[schema["type"]]
