from . import test_calendar, test_client, test_events, test_queue, test_tours
