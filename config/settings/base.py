"""What holds everywhere; each other settings module starts from this one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.queues import queues_of
from config.settings.openapi import SPECTACULAR_SETTINGS  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = Path(env.text("ASSAY_STATE_DIR", str(BASE_DIR / ".local")))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "crowd",
]

MIDDLEWARE = [
    "config.request_ids.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "api.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.language.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{STATE_DIR / 'assay.sqlite3'}"),
        conn_max_age=None,
        conn_health_checks=True,
    )
}
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_SQLITE:
    STATE_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that turns writer fails at once with "database is locked"; an immediate one waits.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an answer that was acknowledged with 201 survives a power cut, at the price of one fsync a commit.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- jobs -----------------------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or None
globals().update(queues_of("celery"))
# Without a broker the serving process works off the same rows from a thread of its own.
IS_WORKER_EMBEDDED = env.boolean("ASSAY_EMBEDDED_WORKER", default=not REDIS_URL)

# How many processes serve; `manage.py serve --processes` says it.
SERVER_PROCESSES = 1

CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- webhooks -------------------------------------------------------------------------------------------------
# Hosts, as host or host:port, that webhooks may reach although they are private or speak plain HTTP.
WEBHOOK_ALLOWED_HOSTS = env.names("ASSAY_WEBHOOK_ALLOWED_HOSTS", [])

# --- pay --------------------------------------------------------------------------------------------------------
# The least for an active hour where a project sets no floor of its own, by currency; micro-units.
PAY_FLOORS_MICROS = env.amounts_micros("ASSAY_PAY_FLOORS")

# --- sign-up, mail -------------------------------------------------------------------------------------------------
# closed: accounts are made by operators; invitation: by whoever has a link; open: by whoever asks for one.
SIGN_UP = env.one_of("ASSAY_SIGN_UP", ("closed", "invitation", "open"), "invitation")
EMAIL_HOST = env.text("ASSAY_MAIL_HOST", "localhost")
EMAIL_PORT = env.integer("ASSAY_MAIL_PORT", 587, minimum=1)
EMAIL_HOST_USER = env.text("ASSAY_MAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("ASSAY_MAIL_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("ASSAY_MAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("ASSAY_MAIL_FROM", "assay@localhost")
if not env.text("ASSAY_MAIL_HOST", ""):
    # Without a server mails are written to the log, where an operator finds them.
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# --- accounts -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "crowd.User"
LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "log-in"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Log-ins that fail: counted in the database, so that all processes count together, by account and address together, so
# that nobody can lock out somebody else from afar.
AXES_FAILURE_LIMIT = env.integer("ASSAY_LOG_IN_TRIES", 10, minimum=1)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "web.account.throttling.address_of"
AXES_USERNAME_CALLABLE = "web.account.throttling.account_of"
AXES_LOCKOUT_CALLABLE = "web.account.throttling.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# How many proxies of our own stand before the server: so far from its end is the visitor in X-Forwarded-For.
PROXIES = env.integer("ASSAY_PROXIES", 0, minimum=0)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- language, time, files ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Only what is translated: a page must not claim a language that it does not speak.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static_collected"
# What `make setup` bundles stands beside what is served as it is.
STATICFILES_DIRS = [path for path in (BASE_DIR / "web" / "assets", BASE_DIR / "web" / "built") if path.is_dir()]
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Imports, as they are sent and as they unpack; how long their files and those of exports are kept.
IMPORT_MAX_BYTES = env.integer("ASSAY_IMPORT_MAX_MIB", 512, minimum=1) << 20
IMPORT_MAX_UNPACKED_BYTES = env.integer("ASSAY_IMPORT_MAX_UNPACKED_MIB", 2048, minimum=1) << 20
FILES_KEPT_DAYS = env.integer("ASSAY_FILES_KEPT_DAYS", 7, minimum=1)

# --- API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.auth.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "api.errors.problem_response",
    # `format` is how an export is written, not how DRF renders.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_SCHEMA_CLASS": "api.schema.AssaySchema",
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.CallerThrottle"],
}
# Calls a minute of one user; 0: as many as they like. What processes have taken is counted in Redis, else in a table.
RATES = {
    "work": env.integer("ASSAY_RATE_WORK", 12_000, minimum=0),
    "read": env.integer("ASSAY_RATE_READ", 3_000, minimum=0),
    "write": env.integer("ASSAY_RATE_WRITE", 3_000, minimum=0),
}
RATE_STORE = "cache" if REDIS_URL else "database"

# --- security -------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# Where pictures, sounds and films of tasks may come from besides this site and data addresses: sources of a content
# security policy. Only pages that show tasks allow them.
MEDIA_SOURCES = env.names("ASSAY_MEDIA_SOURCES", ["https:"])
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# What no page needs: a payload that is shown cannot ask for it either.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=()"
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.log_lines.SecretsHidden", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "config.log_lines.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("ASSAY_LOG_FORMAT", "line", ("line", "json")),
        }
    },
    "root": {"handlers": ["stderr"], "level": env.text("ASSAY_LOG_LEVEL", "WARNING")},
    # Django sends its own lines to a handler of its own besides, and administrators mails with whole requests.
    "loggers": {"django": {"handlers": [], "propagate": True}, "django.server": {"handlers": [], "propagate": True}},
}

# --- what is forgotten ----------------------------------------------------------------------------------------
# Days that rows are kept (crowd/services/retention.py); 0 for replies of models: as long as the project.
KEPT_DAYS = {
    # Longer than any client goes on trying (crowd/services/idempotency.py).
    "idempotency": env.integer("ASSAY_KEEP_IDEMPOTENCY_DAYS", 1, minimum=1),
    "log_ins": env.integer("ASSAY_KEEP_LOG_IN_TRIES_DAYS", 2, minimum=1),
    "model_replies": env.integer("ASSAY_KEEP_MODEL_REPLIES_DAYS", 0, minimum=0),
}

# --- figures --------------------------------------------------------------------------------------------------
# Who may read /metrics: whoever sends the token, or comes straight from one of these networks. Nobody, unless set.
METRICS_TOKEN = env.text("ASSAY_METRICS_TOKEN", "")
METRICS_NETWORKS = env.networks("ASSAY_METRICS_NETWORKS")

# --- models that vote -----------------------------------------------------------------------------------------
# Variables that hold a key, each with the one host that it may be sent to: NAME@host,…
MODEL_KEYS = {name: host for name, _, host in (entry.partition("@") for entry in env.names("ASSAY_MODEL_KEYS", []))}
if not all(MODEL_KEYS.values()):
    raise ImproperlyConfigured("ASSAY_MODEL_KEYS must be a list such as OPENAI_API_KEY@api.openai.com")
# Whether a manager may name an endpoint on this machine or its network.
ARE_LOCAL_MODELS_ALLOWED = env.boolean("ASSAY_LOCAL_MODELS", default=False)
# Dotted paths of Python callables that managers may set up as labelling functions.
LABELLING_FUNCTIONS = env.names("ASSAY_LABELLING_FUNCTIONS", [])
