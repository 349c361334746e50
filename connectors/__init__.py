"""Connectors: how data gets in. The bottom layer; no Ray, no FastAPI, no LangGraph here."""
