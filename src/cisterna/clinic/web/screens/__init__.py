"""The screens, a module each: its views and its `urlpatterns`."""
