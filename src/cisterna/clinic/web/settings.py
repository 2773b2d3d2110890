"""Django's settings of the pages. What differs from place to place comes from the environment.

- `CISTERNA_DATABASE`: where the record and these tables are (`ledger.place`).
- `CISTERNA_HOSTS`: the names by which the clinic is asked for, with commas; none is this machine.
- `CISTERNA_SECRET`, or `CISTERNA_SECRET_FILE`: 50 signs or more; without one nothing is served.
- `CISTERNA_STATIC`: a folder for the pages' own files, kept there under names that tell versions.
- `CISTERNA_ZONE`: the clinic's time zone (IANA), in which Today counts its days; UTC if not named.
- `CISTERNA_PLAIN`: set by `cisterna serve` on this machine alone, where no TLS is needed.
"""

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF

from cisterna.clinic.ledger.place import address, database
from cisterna.facts.access import count, span

_HERE = Path(__file__).parent
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_YEAR_S = 365 * 24 * 3600

DEBUG = False


def _kept_secret() -> str:
    """The secret that outlives a start, if there is one."""
    file = os.environ.get("CISTERNA_SECRET_FILE")
    return os.environ.get("CISTERNA_SECRET") or (Path(file).read_text("utf-8") if file else "")


SECRET_KEPT = len(_kept_secret().strip()) >= 50
# Something to import the settings with; `asgi` serves nothing without one that is kept.
SECRET_KEY = _kept_secret().strip() if SECRET_KEPT else secrets.token_urlsafe(64)
HOSTS = tuple(h.strip() for h in os.environ.get("CISTERNA_HOSTS", "").split(",") if h.strip())
ALLOWED_HOSTS = [*HOSTS] or [*_LOOPBACK]
PLAIN = os.environ.get("CISTERNA_PLAIN") == "1"
CLINIC_ZONE = os.environ.get("CISTERNA_ZONE") or "UTC"

INSTALLED_APPS = [
    "cisterna.clinic.ledger",
    "cisterna.clinic.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cisterna.clinic.web.watch.Watch",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "cisterna.clinic.web.urls"
ASGI_APPLICATION = "cisterna.clinic.web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cisterna.clinic.web.context.clinic",
            ],
        },
    }
]

# The record's append opens its own outermost transaction: no request is one.
DATABASES = {"default": database(address())}
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("CISTERNA_STATIC") or None
# The scripts that draw the spine are those of the bedside page, the charts' lines the sheet's.
STATICFILES_DIRS = [
    ("bedside", _HERE.parents[1] / "bedside" / "page"),
    ("sheet", _HERE.parents[1] / "order" / "sheet" / "style"),
]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "staticfiles": {"BACKEND": "cisterna.clinic.web.files.Files" if STATIC_ROOT else _FILES},
}
WHITENOISE_MAX_AGE = 3600

# Who is there ------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_PASSWORDS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_PASSWORDS}.UserAttributeSimilarityValidator"},
    {
        "NAME": f"{_PASSWORDS}.MinimumLengthValidator",
        "OPTIONS": {"min_length": count("password_length")},
    },
    {"NAME": f"{_PASSWORDS}.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(span("invitation").total_seconds())
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "cisterna.clinic.web.adapter.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_CHANGE_EMAIL = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Cisterna"
MFA_TOTP_TOLERANCE = 1  # a code that ends while it is typed still counts (RFC 6238 §5.2: one step)
MFA_ADAPTER = "cisterna.clinic.web.adapter.Factors"

_WINDOW = span("sign_in_window")
# One account from one address is slowed by axes; allauth slows the account from all of them, and
# the guessing of a code. Neither locks anybody out for good.
ACCOUNT_RATE_LIMITS = {"login_failed": f"30/{int(_WINDOW.total_seconds())}s/ip,10/300s/key"}
AXES_FAILURE_LIMIT = count("sign_in_tries")
AXES_COOLOFF_TIME = _WINDOW
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "web/slowed.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS: list[str] = []

# What a browser may do with a page ---------------------------------------------------------------

_HOST = "" if PLAIN else "__Host-"
SESSION_COOKIE_NAME = f"{_HOST}session"
CSRF_COOKIE_NAME = f"{_HOST}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = int(span("absolute").total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_SSL_REDIRECT = not PLAIN
SECURE_REDIRECT_EXEMPT = ["^health/$"]
SECURE_HSTS_SECONDS = 0 if PLAIN else _YEAR_S
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "cisterna.clinic.web.errors.csrf"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# In the database, so that a used code and a counted try are the same for every process. No entry is
# thrown out for want of room: a used code that is forgotten could be used again.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cisterna_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "null": {"class": "logging.NullHandler"},
    },
    "loggers": {
        # One line of JSON each, for whoever ships them to another machine (ASVS 16.4.3).
        "cisterna.audit": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "axes": {"handlers": ["null"], "propagate": False},
        # A fault is told to whoever runs the clinic; its page says only that there was one.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
