"""The columns that are no metrics, in words. Metrics bring their own."""

from __future__ import annotations

from collections.abc import Mapping

from cvi.exports.manifest import Column

_UTC = "UTC"
_SHARED: Mapping[str, tuple[str, str, str]] = {  # name → label, unit, meaning
    "conversation_id": ("Conversation", "", "Identity of the conversation"),
    "idx": ("Number", "", "0, 1, 2 … within the conversation"),
    "role": ("Speaker", "", "user or assistant"),
    "started_at": ("Started", _UTC, "When it began"),
    "offset_s": ("Offset", "s", "Seconds since the conversation began"),
    "turn_idx": ("Turn number given", "", "The number the sender gave to the turn"),
    "inference_id": ("Inference", "", "The sender's id of the answer this belongs to"),
    "interrupted": ("Interrupted", "yes/no", "Was it cut off by the other side?"),
    "kind": ("Kind", "", "What kind of row this is"),
}
_OWN: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "conversations": {
        "title": ("Title", "", "As imported, or as the conversation was named"),
        "source": ("Source", "", "Where it came from: tavus, demo, or a data set's name"),
        "persona": ("Persona", "", "Who the assistant was"),
        "replica": ("Replica", "", "The face the assistant wore"),
        "status": ("Status", "", "active or ended"),
        "outcome": (
            "Outcome",
            "",
            "completed, time_limit, never_spoke, nobody_came, failed or in_progress",
        ),
        "shutdown_reason": ("Shutdown reason", "", "As the platform gave it"),
        "ended_at": ("Ended", _UTC, "When it ended"),
        "max_duration_s": ("Longest allowed", "s", "The limit the call was started with"),
        "clock": ("Clock", "", "Best timing at hand: speaking, ends, starts or none"),
        "has_transcript": ("Has transcript", "yes/no", "Did a transcript arrive?"),
        "has_recording": ("Has recording", "yes/no", "Was a recording announced?"),
        "recording_uri": ("Recording", "", "Where the recording is"),
        "perception": ("Perception", "", "What the assistant's eyes reported"),
        "labels": ("Labels", "", "JSON object, as imported"),
        "events": ("Events", "events", "Facts that speak of the conversation"),
        "unknown_events": ("Unknown events", "events", "Of a type this version does not read"),
        "clock_anomalies": ("Clock anomalies", "rows", "Times that contradict each other"),
        "skipped_rows": ("Rows left out", "rows", "Transcript rows without words or side"),
        "language": ("Language", "", "ISO 639-1 code of what the user spoke"),
        "coverage": ("Coverage", "share", "Metrics that are measurable here, of all"),
        "reasons": ("Reasons", "", "JSON: why a metric is missing → the metrics"),
        "version": ("Analysis version", "", "The analysis that made the figures"),
    },
    "turns": {
        "text": ("Text", "", "What was said"),
        "speaker": ("Name", "", "The speaker's name as imported"),
        "duration_s": ("Duration", "s", "How long the turn took"),
        "tone": ("Tone", "", "How it sounded, as reported by perception"),
        "look": ("Look", "", "What was seen, as reported by perception"),
        "sentiment_label": ("Sentiment", "", "positive, neutral or negative"),
        "sentiment_score": ("Sentiment score", "score", "P(positive) - P(negative), -1 … 1"),
        "sentiment_confidence": ("Sentiment confidence", "share", "Probability of the label"),
    },
    "speaking": {
        "start_s": ("From", "s", "Speech began, since the conversation began"),
        "end_s": ("To", "s", "Speech ended, since the conversation began"),
    },
    "tool_calls": {
        "tool_call_id": ("Call", "", "The sender's id of the call"),
        "name": ("Tool", "", "Which tool was called"),
        "modality": ("Called by", "", "llm, vision or audio"),
        "arguments": ("Arguments", "", "JSON object"),
        "problem": ("Problem", "", "What was wrong with the arguments"),
        "result": ("Result", "", "What the tool answered"),
        "status": ("Status", "", "How the call ended"),
    },
    "perceptions": {
        "kind": ("Kind", "", "analysis or unavailable"),
        "content": ("Content", "", "What was perceived"),
    },
    "signals": {
        "kind": ("Kind", "", "guardrail, objective_*, control_*, post_call_action …"),
        "name": ("Name", "", "Of the guardrail, objective or control"),
        "detail": ("Detail", "", "JSON, as it came"),
    },
    "topics": {
        "kind": ("Kind", "", "lexicon, term, or corpus (the topic model)"),
        "rank": ("Rank", "", "1 is the strongest topic of the conversation"),
        "topic": ("Topic", "", "Its name"),
        "weight": ("Weight", "", "How strongly it is present"),
    },
    "insights": {
        "kind": ("Kind", "", "Which rule found it"),
        "message": ("Message", "", "The finding in words"),
        "confidence": ("Confidence", "share", "How sure the rule is"),
        "evidence": ("Evidence", "", "JSON list of the numbers of the turns that show it"),
    },
    "events": {
        "seq": ("Sequence", "", "Order of arrival"),
        "event_type": ("Type", "", "As it came"),
        "occurred_at": ("Occurred", _UTC, "When it says that it happened"),
        "received_at": ("Received", _UTC, "When it arrived here"),
        "source": ("Door", "", "webhook, file, …"),
        "body": ("Body", "", "The bytes as they came; base64:… when they are no UTF-8 text"),
    },
}


def described(table: str, name: str) -> Column:
    """The words for a column of a table; a column nobody described keeps its name."""
    own = _OWN.get(table, {}).get(name) or _SHARED.get(name)
    return Column(name, *own) if own else Column(name, name.replace("_", " ").capitalize())
