"""Which conversations: one filter for pages, charts, exports and links. Pure, and knows no SQL."""
