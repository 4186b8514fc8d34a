"""Inputs to typed tables: read_inputs (sources.py), then clean (clean.py)."""
