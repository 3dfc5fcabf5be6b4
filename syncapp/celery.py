"""The worker application and the beat table.

The beat ticks; what is due stands in the table `sync_wake`. Redis only carries the hint.
"""

import os

from celery import Celery

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
