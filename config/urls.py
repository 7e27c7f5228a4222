"""Every URL of the server: health, the API, the admin, the pages."""

from django.contrib import admin
from django.urls import include, path

from api.views.docs import nothing_here
from api.views.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("api.urls")),
    path("api/<path:rest>", nothing_here),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]
