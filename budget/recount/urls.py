"""Where both counts of a month are shown."""

from django.urls import path

from budget.recount import views

app_name = "recount"

urlpatterns = [
    path("reports/month/<month:month>/counts/", views.month, name="month"),
]
