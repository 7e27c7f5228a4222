"""The WSGI door; starts the embedded worker where there is no broker."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402  the settings exist only once Django is set up

if settings.IS_WORKER_EMBEDDED:
    from config import embedded_courier, embedded_worker

    embedded_worker.start()
    embedded_courier.start()
