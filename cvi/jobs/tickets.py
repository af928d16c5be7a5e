"""Tickets for downloads: a link that only a page of ours can write, and that ends after a while.

Archives are too large to pass through a page's memory, so they are fetched by an address of their
own, and whoever has not seen the page must not have them.
"""

from __future__ import annotations

import uuid

from itsdangerous import BadSignature, URLSafeTimedSerializer

from cvi.bootstrap import webhook_token
from cvi.errors import Unauthorized
from cvi.settings import Settings

VALID_S = 12 * 3600  # as long as a page may stay open
_SALT = "cvi.downloads"


def ticket(settings: Settings, job_id: uuid.UUID) -> str:
    """The secret end of the address of an archive."""
    return str(_writer(settings).dumps(job_id.hex))


def admitted(settings: Settings, text: str) -> uuid.UUID:
    """The job a ticket is for. Raises Unauthorized for a forged or an old one."""
    try:
        return uuid.UUID(hex=_writer(settings).loads(text, max_age=VALID_S))
    except (BadSignature, ValueError, TypeError, AttributeError) as error:
        raise Unauthorized(
            "This link is not valid any more.", hint="Reload the Data page and use its link."
        ) from error


def _writer(settings: Settings) -> URLSafeTimedSerializer:
    """Signs with a key made from the secret of this installation, which all processes have."""
    return URLSafeTimedSerializer(webhook_token(settings), salt=_SALT)
