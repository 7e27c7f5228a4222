"""Every URL of the server: health, figures, the API, the admin, the pages."""

from django.contrib import admin
from django.urls import include, path, re_path

from api.views.docs import nothing_here
from api.views.health import healthz, readyz
from api.views.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("api.urls")),
    # A line break is part of an address, too, and no converter takes one.
    re_path(r"^api/(?P<rest>[\s\S]*)$", nothing_here),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]
