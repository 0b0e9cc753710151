"""Calls that really overlap, for tests of concurrency."""

import threading
import time
from contextlib import contextmanager

import psycopg2


class Race:
    """Holds rows locked until every call of the race waits for them, so that all calls really overlap."""

    def __init__(self, server):
        """Connect beside Odoo."""
        where = server.odoo.server.environment()
        self.server = server
        self.connection = psycopg2.connect(
            host=where["PGHOST"], user=where["PGUSER"], port=where["PGPORT"], dbname=server.database,
        )

    @contextmanager
    def on(self, table, row_ids):
        """Lock rows of `table`; run what `start` is given in threads; let them loose together at the end."""
        results, threads = {}, []

        def start(name, *call):
            thread = threading.Thread(target=self._call, args=(results, name, call))
            thread.start()
            threads.append(thread)

        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {table} WHERE id IN %s FOR UPDATE", [tuple(row_ids)])
            yield start, results
            self._await_waiting(len(threads))
            self.connection.rollback()
        for thread in threads:
            thread.join(60)

    def _call(self, results, name, call):
        try:
            results[name] = self.server.call(*call)
        except Exception as error:  # the test looks at it
            results[name] = error

    def _await_waiting(self, number):
        for _attempt in range(200):
            waiting = self.server.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            )
            if int(waiting[0][0]) >= number:
                return
            time.sleep(0.05)
        raise AssertionError(f"{number} calls should wait, but {waiting} do")
