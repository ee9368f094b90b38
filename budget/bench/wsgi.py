"""What the benchmark's gunicorn serves: the program, and the static page beside it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402  (only now are they readable)
from django.core.wsgi import get_wsgi_application  # noqa: E402

settings.ROOT_URLCONF = "budget.bench.urls"
application = get_wsgi_application()
