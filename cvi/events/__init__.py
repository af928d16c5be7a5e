"""The Event type: parsing what Tavus (or the guide) sends, and verifying who sent it."""

from cvi.events.event import Event
from cvi.events.parse import parse_body, parse_payload

__all__ = ["Event", "parse_body", "parse_payload"]
