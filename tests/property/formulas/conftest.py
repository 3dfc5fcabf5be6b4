"""How many examples: few in every run, many when asked for."""

from __future__ import annotations

import os

EXAMPLES = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "bench" else 500
