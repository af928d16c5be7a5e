"""What live facts cause. A reaction runs inside the transaction that acknowledges its event."""

from __future__ import annotations

from collections.abc import Callable

from cvi.events import Event
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
        call_key=str(given.get("tool_call_id") or event.id),
        tool_name=str(given.get("name") or "unknown"),
        arguments=given.get("arguments") or {},
    )
