"""The verbs: settle, import, undo, replay, re-analyse, export."""
