"""A server on a network: every secret and host must be given, and only HTTPS is spoken."""

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import LOGGING

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 50 or SECRET_KEY.startswith(("change", "insecure", "django-insecure")):
    raise ImproperlyConfigured("SECRET_KEY is a default or shorter than 50 characters; generate a new one")
HOSTS = env.names("ASSAY_HOSTS")
# Health checks ask from inside the container.
ALLOWED_HOSTS = [*HOSTS, "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS if not host.startswith((".", "*"))]

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Probes and Prometheus come over the inner network, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# One JSON object a line, unless asked otherwise.
LOGGING["handlers"]["stderr"]["formatter"] = env.choice("ASSAY_LOG_FORMAT", "json", ("line", "json"))

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
