"""What every system type stands on: the interface, the only HTTP client, auth flows, paginators.

Knows HTTP, knows no database and no framework.
"""
