"""The segments in which the user asks for a document, and the tool call each one leads to.

Names and arguments follow the guide's tool schemas. Slots are filled as in the dialogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """One tool call: the arguments the assistant has gathered, and what the tool answers."""

    name: str
    arguments: Mapping[str, str]
    result: str


ASKS: Mapping[str, Ask] = {
    "pitch_practice-02": Ask(
        "generate_pitch_deck",
        {
            "company_name": "{company}",
            "business_idea": "{product}",
            "target_market": "Managers who hear of a problem when the customer is already shouting",
            "funding_amount": "600,000 euros",
            "industry": "Software",
            "stage": "growth",
        },
        "Pitch deck drafted: 10 slides, team slide left open.",
    ),
    "pitch_practice-07": Ask(
        "generate_pitch_deck",
        {
            "company_name": "{company}",
            "business_idea": "shift planning for bakeries",
            "target_market": "Bakeries with ten to thirty staff",
            "funding_amount": "to be agreed",
            "industry": "Workforce management",
            "stage": "growth",
        },
        "Pitch deck drafted: customer story first, team last.",
    ),
    "pitch_practice-12": Ask(
        "generate_pitch_deck",
        {
            "company_name": "{company}",
            "business_idea": "shortening waiting lists from nine weeks to two",
            "target_market": "Regional health services with waiting lists",
            "funding_amount": "not stated",
            "industry": "Health care",
            "stage": "growth",
        },
        "Pitch deck drafted: 6 slides for a demo day.",
    ),
    "pitch_practice-08": Ask(
        "create_business_plan",
        {
            "business_name": "{company}",
            "business_model": "Orders on contract; a loan of 150,000 buys a second machine",
            "target_customers": "Customers whose orders are turned down today",
            "competitive_advantage": "Four refused jobs a month that a second machine could take",
            "plan_type": "standard",
        },
        "Business plan drafted: summary, market, operations, cash flow, risks.",
    ),
    "pitch_practice-10": Ask(
        "analyze_market_research",
        {
            "industry": "{product}",
            "geographic_focus": "Spain and Italy",
            "research_depth": "detailed",
        },
        "Market overview ready: seven providers with published prices, each number marked.",
    ),
}
