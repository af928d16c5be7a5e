"""Streamlit glue: cached reads, the filter bar, parts that several pages draw."""
