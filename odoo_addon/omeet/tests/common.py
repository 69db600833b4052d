"""What tests share: a connection to the real omeet, and the queue driven by hand."""

import os
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from unittest.mock import patch

import requests

from odoo.tests import TransactionCase, new_test_user

from ..client import Client, Refused
from ..models.omeet_connection import OmeetConnection
from ..models.omeet_connection_events import OmeetConnectionEvents
from ..models.omeet_job import OmeetJob

URL, KEY = os.environ.get("OMEET_URL", ""), os.environ.get("OMEET_KEY", "")


def soon(hours=24):
    """A whole minute in the future."""
    return datetime.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


class Service:
    """The real omeet, as the tests look at it: with the same key, without the addon."""

    def __init__(self):
        self.client = Client(URL, KEY, timeout_s=10)

    def get(self, meeting):
        return self.client.call("meeting.get", {"id": meeting.remote_id})

    def call(self, method, **params):
        return self.client.call(method, params)


class OmeetCase(TransactionCase):
    """Connected to the real service; jobs and events are carried out in the test's own transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert URL and KEY, "OMEET_URL and OMEET_KEY name the service under test: start tests/odoo/run"
        cls.service = Service()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "no_reset_password": True})
        cls.ana = new_test_user(cls.env, "omeet_ana", "omeet.group_user", name="Ana Wijaya", email="ana@example.org", tz="Asia/Jakarta")
        cls.budi = new_test_user(cls.env, "omeet_budi", "omeet.group_user", name="Budi Santoso", email="budi@example.org", tz="Asia/Jakarta")
        cls.manager = new_test_user(cls.env, "omeet_manager", "omeet.group_manager", name="Mega", email="mega@example.org", tz="UTC")
        cls.guest = cls.env["res.partner"].create({"name": "Gita Guest", "email": "gita@example.net"})
        cls.connection = cls.env["omeet.connection"]._ensure(cls.env.company)
        cls.connection.write({"url": URL, "api_key": KEY})

    def setUp(self):
        super().setUp()
        self.env.cr.postcommit.clear()
        self.env.cr.precommit.clear()
        for owner in (OmeetJob, OmeetConnectionEvents):
            self._patch(owner, "_own_cursor", lambda self, registry=None: nullcontext(self.sudo()))

    def _patch(self, owner, name, new):
        started = patch.object(owner, name, new)
        started.start()
        self.addCleanup(started.stop)

    # ------------------------------------------------------------------ driving

    def commit(self):
        """What a commit does: the hooks before it, then the queue after it."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()
        self.env.cr.postcommit.clear()

    def send(self):
        """Commits and sends what waits; answers how many jobs were settled."""
        self.commit()
        sent = self.env["omeet.job"]._drain()
        self.env.invalidate_all()
        return sent

    def pull(self):
        self.env.flush_all()
        applied = self.connection._pull()
        self.env.invalidate_all()
        return applied

    def jobs(self, **conditions):
        return self.env["omeet.job"].search([(name, "=", value) for name, value in conditions.items()], order="id")

    # ------------------------------------------------------------------ things

    def link(self, user=None, **values):
        """What the "+ O-Meet" button gives an unsaved form."""
        return self.env["calendar.event"].with_user(user or self.ana).omeet_reserve({"name": "Draft", **values})["url"]

    def event(self, user=None, *, start=None, hours=1, link=True, **values):
        """An event that was saved with an O-Meet link, as from the form."""
        user = user or self.ana
        start = start or soon()
        values = {"name": "Weekly", "start": start, "stop": start + timedelta(hours=hours), "user_id": user.id, **values}
        values.setdefault("partner_ids", [(6, 0, user.partner_id.ids)])
        if link:
            values["videocall_location"] = self.link(user)
        return self.env["calendar.event"].with_user(user).create(values)

    def meeting_of(self, event):
        return event.sudo().omeet_meeting_id

    @contextmanager
    def calls(self):
        """The methods that are called at the wire, in order."""
        seen, post = [], requests.Session.request

        def counted(session, method, url, **kwargs):
            seen.append(kwargs.get("data") or b"")
            return post(session, method, url, **kwargs)

        with patch.object(requests.Session, "request", counted):
            yield seen

    @contextmanager
    def down(self):
        """omeet is not there: its address refuses connections."""
        url = self.connection.url
        self.connection.url = "http://127.0.0.1:9"
        try:
            yield
        finally:
            self.connection.url = url

    @contextmanager
    def events_gone(self):
        """omeet keeps none of the events of until now; gives the number of the last."""
        last, ask = self.service.call("event.list", limit=1)["last"], Client.call

        def forgetful(client, method, params=None, **options):
            if method != "event.list":
                return ask(client, method, params, **options)
            if 0 < params["after"] < last:
                raise Refused("Events are no longer kept", kind="event.gone")
            return {**ask(client, method, {**params, "after": max(params["after"], last)}, **options), "first": last + 1}

        with patch.object(Client, "call", forgetful):
            yield last

    @contextmanager
    def neutralised(self):
        with patch.object(OmeetConnection, "_neutralised", lambda self: True):
            yield
