"""The one settings file. Whatever differs per deployment comes from the environment; .env.example lists it all."""

import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import __version__
from config.database import database_settings
from config.environment import Environment
from config.places import CODE_DIR, data_dir, local_time_zone, remembered_secret_key

VERSION = __version__
BASE_DIR = CODE_DIR
DATA_DIR = data_dir()
if DATA_DIR.exists() and not DATA_DIR.is_dir():
    raise ImproperlyConfigured(f"The data folder {DATA_DIR} is a file. Name another with BUDGET_DATA_DIR.")

# What is set in the process wins, then the data folder's file, then the working directory's.
env = Environment.with_files(DATA_DIR, Path.cwd())

# --- What kind of deployment is this? ---------------------------------------------------------------------------------

PRODUCTION = env.flag("BUDGET_PRODUCTION", default=False)
HTTPS = env.flag("HTTPS", default=PRODUCTION)
DEBUG = env.flag("DEBUG", default=False)
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", default=0)

if PRODUCTION:
    SECRET_KEY = env.required("SECRET_KEY", "production needs a secret of its own, at least 50 random characters")
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
        raise ImproperlyConfigured("SECRET_KEY is too short or too plain: use at least 50 random characters.")
    env.required("DATABASE_URL", "production keeps its data on a PostgreSQL server or in a file you name")
    env.required("EMAIL_URL", "people reset their passwords by email; dummymail:// sends none")
    env.required_words("ALLOWED_HOSTS", "the host names people use, separated by commas")
else:
    try:
        SECRET_KEY = env.text("SECRET_KEY") or remembered_secret_key(DATA_DIR)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{DATA_DIR / '.env'} is not UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"The data folder cannot be written: {error}.") from None
# Newest first; without any, a key is derived from SECRET_KEY (budget/files/keyring.py).
ENCRYPTION_KEYS = env.encryption_keys("ENCRYPTION_KEYS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

# --- The program ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # so that templates/django/forms can replace its pieces
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",  # its loader is named under TEMPLATES
    "budget.apps.BudgetConfig",
    "verification.apps.VerificationConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # files need no policy for pages, which weighs half a kB each
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "config.compression.CompressionMiddleware",
    "budget.statements.uploads.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.sessions.SessionLimitsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "budget.users.middleware.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "budget.users.middleware.PrivatePagesMiddleware",
    "budget.books.middleware.BookMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_loaders = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
_cached = _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", _cached)],
            "builtins": [
                "template_partials.templatetags.partials",
                "budget.templatetags.including",
                "budget.templatetags.money",
                "budget.templatetags.page_book",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "budget.context_processors.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC" if PRODUCTION else local_time_zone())

# --- Data -------------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": database_settings(
        env,
        default=f"sqlite:///{DATA_DIR / 'budget.sqlite3'}",
        command=sys.argv[1] if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1 else "",
    )
}
if DATABASES["default"]["NAME"] == str(DATA_DIR / "budget.sqlite3"):
    try:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"The data folder cannot be made: {error}.") from None

# In the database, so that rate limits hold across worker processes.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache", "TIMEOUT": 300},
}

SQL_ECHO = env.flag("SQL_ECHO", default=False)

# A text field with 10 MB in it gets an answer beside the field, so the request itself may be a little larger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_HANDLERS = [
    "budget.statements.uploads.UploadLimit",  # first, so that the others get nothing of a file that is too large
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "budget.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_validation}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
    {
        "NAME": f"{_validation}.MinimumLengthValidator",
        "OPTIONS": {"min_length": env.number("PASSWORD_MIN_LENGTH", default=12, least=8)},
    },
    {"NAME": f"{_validation}.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

SIGNUP_OPEN = env.flag("SIGNUP_OPEN", default=True)
ACCOUNT_ADAPTER = "budget.users.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_MAX_LENGTH = 100
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if env.flag("EMAIL_VERIFICATION", default=False) else "none"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = True  # how long a session lives is decided below, not by a tick box
# Wrong passwords: 5 in 5 minutes and 10 in 15 per account, 50 per address.
ACCOUNT_RATE_LIMITS = {
    "login": "60/15m/ip",
    "login_failed": "50/15m/ip,5/5m/key,10/15m/key",
    "reset_password": "20/h/ip,5/h/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

SESSION_COOKIE_AGE = 12 * 60 * 60  # without a request
SESSION_LONGEST = 30 * 24 * 60 * 60  # from the login on, however busy

# --- Suggestions ------------------------------------------------------------------------------------------------------

# A language model that names a category where nothing else knows one: off unless it is named here. It is told the
# merchant's name, roughly the amount, and the names of the categories. See budget/categorization/provider.py.
LLM_PROVIDER = env.text("LLM_PROVIDER")
LLM_URL = env.text("LLM_URL")
LLM_KEY = env.text("LLM_KEY")
LLM_SECONDS = env.number("LLM_SECONDS", default=8, least=1)

# --- Browsers ---------------------------------------------------------------------------------------------------------

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "budget.error_pages.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(health|livez|readyz)$"]  # a platform asks for these inside its own network
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS  # a permission; nothing is listed until the owner of the domain submits it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))) if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
# Production serves what `collectstatic` gathered, under hashed names; elsewhere files are found where they lie.
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site's business, and a header less
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
_static_storage = (
    "config.staticfiles.SlimStaticFilesStorage"
    if PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static_storage},
}

# --- Mail and logs ----------------------------------------------------------------------------------------------------

_mail = env.email("EMAIL_URL", "consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Budget Tracker <budget@localhost>")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "budget": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Statements carry people's amounts and names: only ever on request.
        "django.db.backends": {
            "handlers": ["stderr"],
            "level": "DEBUG" if SQL_ECHO else "WARNING",
            "propagate": False,
        },
    },
}

EVIDENCE_DIR = Path(env.text("EVIDENCE_DIR", str(DATA_DIR / "evidence")))
RELEASE_SIGNING_KEY = env.text("RELEASE_SIGNING_KEY")
