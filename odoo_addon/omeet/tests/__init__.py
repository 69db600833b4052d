from . import test_calendar, test_client, test_tours
