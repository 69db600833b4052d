"""Short transactions that others may get in the way of."""

import logging
import time

from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

#: Attempts at a short transaction that others get in the way of, and the first pause between them.
_ATTEMPTS, _PAUSE_S = 8, 0.02


def in_turn(opened, act):
    """``act`` in a fresh transaction; again, in a fresh one, when somebody else changed the same row meanwhile.

    Odoo's transactions are REPEATABLE READ: whoever comes second has to begin anew.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with opened() as records:
                return act(records)
        except OperationalError as error:
            if attempt + 1 == _ATTEMPTS:
                raise
            _logger.debug("omeet: begun anew after %s", error)
            time.sleep(_PAUSE_S * 2**attempt)


def lock(env, table, ids):
    """Holds rows before anything is read of them; whoever is late finds out here and not in the middle."""
    if ids:
        env.cr.execute(f"SELECT id FROM {table} WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", [tuple(ids)], log_exceptions=False)
