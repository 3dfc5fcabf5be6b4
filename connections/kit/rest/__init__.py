"""Declarative REST profiles: systems described in YAML instead of code."""
