"""Where books are chosen and kept."""

from django.urls import path

from budget.books import views

app_name = "books"

urlpatterns = [
    path("books/switch/", views.book_switch, name="book-switch"),
    path("settings/books/", views.book_list, name="book-list"),
    path("settings/books/new/", views.book_create, name="book-create"),
    path("settings/books/<int:pk>/", views.book_change, name="book-change"),
    path("settings/books/<int:pk>/deletion/", views.book_delete, name="book-delete"),
]
