"""Where a whole book is taken away, and brought in again."""

from django.urls import path

from budget.archive import views

app_name = "archive"

urlpatterns = [
    path("settings/books/archive/", views.book_import, name="book-import"),
    path("settings/books/<int:pk>/archive/", views.book_export, name="book-export"),
]
