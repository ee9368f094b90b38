"""Who may see a page, and that no page about money stays behind in a browser."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page is behind login, but for the views marked `login_not_required`.

    A fragment that HTMX asked for is refused with 401, so that the page and what was typed in it stay; a boosted link
    leads to the sign-in page like a plain one.
    """

    def handle_no_permission(  # type: ignore[override]  # 401 is no redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Lead to the sign-in page, or say 401."""
        response = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Boosted") == "true":
            return HttpResponse(status=200, headers={"HX-Redirect": response.headers["Location"]})
        if request.headers.get("HX-Request") == "true":
            return HttpResponse("You were signed out.", content_type="text/plain; charset=utf-8", status=401)
        return response


class PrivatePagesMiddleware:
    """Pages of a signed-in person are kept by no cache, and told apart from the fragments of the same address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers; a view that sets `Cache-Control` itself knows better."""
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("HX-Request",))
        return response
