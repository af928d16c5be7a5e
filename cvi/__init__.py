"""CVI Workbench: analytics for AI video conversations on Tavus CVI."""

__version__ = "0.1.0"
