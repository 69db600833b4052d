from . import omeet_calendar, omeet_provider
