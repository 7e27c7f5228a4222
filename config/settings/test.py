"""For pytest: the same code, a cheap password hash, a database of its own."""

import os

from config.queues import queues_of
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, IS_SQLITE, STATE_DIR

DEBUG = False
SECRET_KEY = "the tests need a key and nothing that they make leaves the machine"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Queues per process: two runs on one Redis must not take each other's messages. Workers of a test get its name.
QUEUES = os.environ.get("ASSAY_TEST_QUEUES", f"assay-tests-{os.getpid()}")
globals().update(queues_of(QUEUES, f"{QUEUES}-"))
# Tests start the worker themselves where they need one.
IS_WORKER_EMBEDDED = False
# Queries are counted: those of the throttles are tested on their own.
RATE_STORE = "cache"
if IS_SQLITE:
    # A file, not memory: threads of the race tests need connections of their own. One per process, so that two runs
    # at once do not meet.
    DATABASES["default"]["TEST"] = {"NAME": str(STATE_DIR / f"test-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
