"""Settings, all read from the environment; nobody imports this module, see `django.conf`."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured

from syncapp import logs

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str | None = None) -> str:
    """Read a variable, or the file that `<name>_FILE` names; without default it must be there."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error}") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"Set {name} or {name}_FILE; `python3 run.py` does it for you."
        )
    return value


def flag(name: str, default: bool = False) -> bool:  # noqa: FBT001, FBT002
    """Read a switch: 1, true, yes and on mean on."""
    return text(name, str(default)).lower() in {"1", "true", "yes", "on"}


def items(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def database(url: str, role: str) -> dict[str, object]:
    """Turn postgresql://user:password@host:port/name into Django's form, with our role."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"options": f"-c role={role} -c timezone=UTC"},
    }


DEBUG = flag("SYNCAPP_DEBUG")
SECRET_KEY = text("SYNCAPP_SECRET_KEY")
SYNCAPP_ENCRYPTION_KEYS = items("SYNCAPP_ENCRYPTION_KEYS")
SYNCAPP_EGRESS_ALLOW = text("SYNCAPP_EGRESS_ALLOW", "")
SYNCAPP_BASE_URL = text("SYNCAPP_BASE_URL", "http://127.0.0.1:8000")
SYNCAPP_STATE = Path(text("SYNCAPP_STATE", str(BASE_DIR / ".state")))
SYNCAPP_SLICE_S = int(text("SYNCAPP_SLICE_S", "20"))
SYNCAPP_LEASE_S = int(text("SYNCAPP_LEASE_S", "30"))  # a worker silent for longer is dead
EMBEDDED = flag("SYNCAPP_EMBEDDED")
ALLOWED_HOSTS = items("SYNCAPP_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [SYNCAPP_BASE_URL]

INSTALLED_APPS = [
    "syncapp.tenants",
    "syncapp.ui",
    "objects",
    "formulas",
    "connections",
    "synclogs",
    "syncapp.sync",
    "syncapp.demo",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials",
    "django_tables2",
    "django_filters",
    "widget_tweaks",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "syncapp.tenants.middleware.TenantMiddleware",
]

ROOT_URLCONF = "syncapp.urls"
WSGI_APPLICATION = "syncapp.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "syncapp.navigation.context",
            ],
        },
    }
]

DATABASES = {"default": database(text("DATABASE_URL"), text("SYNCAPP_DB_ROLE", "syncapp_app"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # the state of a run lives in PostgreSQL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120  # a slice takes 20 s and at most one page or request more
CELERY_TASK_SOFT_TIME_LIMIT = 110
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # always above the time limit, else a task starts twice
    "socket_timeout": 30,
    "socket_connect_timeout": 2,  # a worker's; hints are less patient still
    "health_check_interval": 25,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["syncapp.tenants.access.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "syncapp.tenants.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # the default is the host that the request claims
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SYNCAPP_BASE_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "syncapp_session"
CSRF_COOKIE_NAME = "syncapp_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", NONCE],  # only where a page asks for one: the formula editor
        "img-src": ["'self'", "data:"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = SYNCAPP_STATE / "static"
STATICFILES_DIRS: list[Path] = []
MEDIA_ROOT = SYNCAPP_STATE / "media"  # without an address: avatars are served by a view
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "connections.uploads.handler.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

EMAIL_BACKEND = text("SYNCAPP_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = text("SYNCAPP_EMAIL_HOST", "localhost")
EMAIL_PORT = int(text("SYNCAPP_EMAIL_PORT", "25"))
EMAIL_HOST_USER = text("SYNCAPP_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = text("SYNCAPP_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = flag("SYNCAPP_EMAIL_TLS")
DEFAULT_FROM_EMAIL = text("SYNCAPP_EMAIL_FROM", "syncapp@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["syncapp.tenants.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "syncapp.ui.api.Schema",
    "EXCEPTION_HANDLER": "syncapp.ui.api.problem",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would tell what the schema tells better
}
SPECTACULAR_SETTINGS = {
    "TITLE": "syncapp",
    "DESCRIPTION": "Trigger syncs, read runs and record logs, read and write records.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

DJANGO_TABLES2_TEMPLATE = "ui/_table.html"
LOGGING = logs.logging_config(text("SYNCAPP_LOG_LEVEL", "INFO"))
logs.set_up()
