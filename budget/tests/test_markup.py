"""Pieces of HTML are put together as Django does it, to the letter."""

import pytest
from django.utils import html
from django.utils.functional import lazystr
from django.utils.safestring import SafeString

from budget import markup

pytestmark = pytest.mark.once

VALUES = [
    "plain",
    "<script>alert('x')</script> & \"more\"",
    SafeString("<b>done</b>"),
    7,
    -1.5,
    None,
    True,
    lazystr("<i>later</i>"),
    html.format_html("<a>{}</a>", "<"),
]


class Drawn:
    def __html__(self):
        return "<u>drawn</u>"


@pytest.mark.parametrize("value", [*VALUES, Drawn()], ids=lambda value: type(value).__name__)
def test_what_is_put_in_is_escaped_as_django_does_it(value):
    """S6."""
    ours, theirs = (module.format_html('<p title="{0}">{0} {name}</p>', value, name=value) for module in (markup, html))

    assert (ours, type(ours)) == (theirs, SafeString)


def test_rows_are_joined_as_django_does_it():
    rows = [(value, "<") for value in VALUES]

    assert markup.format_html_join("<br>", "<li>{}: {}</li>", rows) == html.format_html_join(
        "<br>", "<li>{}: {}</li>", rows
    )
    assert markup.format_html_join(SafeString("<br>"), "{}", [["a"], ["b"]]) == "a<br>b"
