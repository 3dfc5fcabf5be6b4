"""How allauth behaves here: nobody signs up, people are invited."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):
    """Login, logout and password reset only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
