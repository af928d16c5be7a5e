"""What the tests of the jobs share."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cvi.bootstrap import Ports
from tests.store.story import ports_of


@pytest.fixture
def ports(engine: sa.Engine) -> Ports:
    """An empty store on each database."""
    return ports_of(engine)
