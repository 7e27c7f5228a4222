"""One machine, nothing to edit: a secret made on first use, SQLite, an embedded worker."""

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import STATE_DIR

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", "") or env.generated_secret(STATE_DIR / "secret_key")
ALLOWED_HOSTS = env.names("ASSAY_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
# Serve static files straight from the source folder: no collectstatic step between a change and a reload.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = STATE_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
