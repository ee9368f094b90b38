"""The program's pages and one of twenty kilobytes that costs nothing to make: the floor of any page of ours."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from budget.books.middleware import needs_no_book

STATIC_PATH = "bench-static/"
LINE = b"<p>Twenty kilobytes of text that no query and no template has touched, for comparison.</p>\n"
PAGE = b"<!doctype html><title>Static</title>\n" + LINE * (20_000 // len(LINE))


@needs_no_book
def static_page(request: HttpRequest) -> HttpResponse:
    """Bytes that are there already; the middleware still finds session and user."""
    return HttpResponse(PAGE)


urlpatterns = [path(STATIC_PATH, static_page), path("", include("config.urls"))]
