from . import (
    test_booking,
    test_calendar,
    test_client,
    test_events,
    test_legacy,
    test_meetings,
    test_performance,
    test_queue,
    test_routes,
    test_settings,
    test_sync_modules,
    test_tours,
)
