"""Measurements against known truth: one module each, run by ``scripts/bench NAME``."""
