"""Where the pages of recurring payments are."""

from django.urls import path

from budget.recurring import views
from budget.recurring.forecast_views import forecast

app_name = "recurring"

urlpatterns = [
    path("recurring/", views.series_list, name="series-list"),
    path("recurring/forecast/", forecast, name="forecast"),
    path("recurring/new/", views.series_create, name="series-create"),
    path("recurring/searches/", views.series_search, name="series-search"),
    path("recurring/confirmations/", views.series_confirm, name="series-confirm"),
    path("recurring/<int:pk>/", views.series_detail, name="series-detail"),
    path("recurring/<int:pk>/edit/", views.series_change, name="series-change"),
    path("recurring/<int:pk>/state/", views.series_state, name="series-state"),
    path("recurring/<int:pk>/skips/", views.series_skip, name="series-skip"),
    path("recurring/<int:pk>/deletion/", views.series_delete, name="series-delete"),
]
