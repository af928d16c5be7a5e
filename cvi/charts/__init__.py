"""Frames → Plotly figures. Pure: no Streamlit, no database."""
