"""The history of a book, and taking a change back."""

from django.urls import path

from budget.history import views

app_name = "history"

urlpatterns = [
    path("history/", views.change_list, name="change-list"),
    path("history/<int:number>/", views.change_detail, name="change-detail"),
    path("history/<int:number>/undo/", views.undo, name="undo"),
]
