"""Events folded into tables: the schema, and the fold."""

from cvi.frames.fold import fold
from cvi.frames.schema import SCHEMA, Frames, empty, frame_of

__all__ = ["SCHEMA", "Frames", "empty", "fold", "frame_of"]
