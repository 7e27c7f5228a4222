"""Pages of lists, by cursor and without counting."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class ByIdPagination(CursorPagination):
    """Pages in the order in which rows came; ``next`` is the address of the next page."""

    ordering = "id"
    page_size = 200
    page_size_query_param = "page_size"
    max_page_size = 2000
