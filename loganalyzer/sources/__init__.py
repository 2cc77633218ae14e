"""Inputs: opened, and cut into lines. Bytes only; nothing here knows what a line says."""
