"""Seeded demo data: conversations that read like people talking, with problems planted in them."""

from cvi.demo.generate import generate, malformed
from cvi.demo.plan import Plan, plan

__all__ = ["Plan", "generate", "malformed", "plan"]
