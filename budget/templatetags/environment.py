"""What kind of installation a page belongs to."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def environment_name() -> str:
    """What to say where data may be thrown away; nothing in production."""
    return "" if settings.PRODUCTION else "Not production"
