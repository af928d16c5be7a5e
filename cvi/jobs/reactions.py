"""What live facts cause. A reaction runs inside the transaction that acknowledges its event."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cvi.events import Event
from cvi.events.event import canonical_json
from cvi.registry import Registry
from cvi.store import works
from cvi.store.engine import Connection

Reaction = Callable[[Connection, Event, str], None]
REACTIONS: Registry[Reaction] = Registry("reaction")


@REACTIONS.register("conversation.tool_call")
def request_tool(connection: Connection, event: Event, workspace: str) -> None:
    """Ask for the tool's execution, once per call whatever number of times it is announced."""
    given = event.properties
    works.request_tool(
        connection,
        workspace=workspace,
        conversation_id=event.conversation_id,
        call_key=_call_key(event),
        tool_name=str(given.get("name") or "unknown"),
        arguments=given.get("arguments") or {},
    )


def _call_key(event: Event) -> str:
    """What makes two announcements one call: its id in the conversation, or who asked for what."""
    given = event.properties
    if given.get("tool_call_id"):
        return f"{event.conversation_id}/{given['tool_call_id']}"
    asked = [event.conversation_id, event.inference_id, given.get("name"), given.get("arguments")]
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()
