"""The worker application and the beat table.

The beat ticks; what is due stands in the table `wake`. Redis only carries the hint.
"""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init

from syncapp.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncapp.settings")

app = Celery("syncapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["syncapp.sync"])
app.conf.beat_schedule = {
    "dispatch": {
        "task": "syncapp.sync.tasks.dispatch_due",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "housekeeping": {"task": "syncapp.sync.tasks.housekeeping", "schedule": 3600.0},
}


@worker_process_init.connect
def _end_with_worker(**_: object) -> None:
    """A pool process whose worker was killed would go on with its task, and nobody could stop it."""
    die_with_parent(signal.SIGKILL)
