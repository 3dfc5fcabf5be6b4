"""The settings with made-up addresses, for the type checker: it reads them and connects to nothing."""

import os

os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("SYNCAPP_SECRET_KEY", "for the type checker")

from syncapp.settings import *  # noqa: F403
