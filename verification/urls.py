"""The pages of evidence, under /evidence/."""

from django.urls import path

from verification import views

app_name = "verification"

urlpatterns = [
    path("", views.bundles, name="bundles"),
    path("reading/", views.reading, name="reading"),
    path("traceability/", views.traceability, name="traceability"),
    path("<str:name>/", views.bundle, name="bundle"),
    path("<str:name>/<str:file>", views.download, name="file"),
]
