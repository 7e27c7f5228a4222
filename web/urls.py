"""The pages' URLs."""
urlpatterns = []
