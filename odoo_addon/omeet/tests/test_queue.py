"""Changes on their way to omeet: after the commit, in order, once each, whatever happens to omeet meanwhile."""

import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..client import Client, Unavailable
from ..models.omeet_job import OmeetJob
from .common import OmeetCase, soon
from .test_client import answering


@tagged("post_install", "-at_install")
class TestQueue(OmeetCase):
    def _due(self):
        self.jobs(state="pending").write({"next_try": fields.Datetime.now(), "lease_until": False})

    def test_nothing_is_sent_inside_the_transaction(self):
        event = self.event()
        self.send()
        with self.calls() as seen:
            event.name = "Other"
            self.commit()
        self.assertEqual(seen, [])
        self.assertEqual(self.jobs(state="pending").mapped("operation"), ["update"])

    def test_a_thousand_changes_while_omeet_is_down_arrive_in_order_once_each(self):
        """The issue's figure: 1,000 changes, one after another, over ten meetings."""
        events = [self.event(name=f"Meeting {at}") for at in range(10)]
        self.send()
        meetings = [self.meeting_of(event) for event in events]
        cursor = self.service.call("event.list", limit=1)["last"]
        versions = {meeting.remote_id: self.service.get(meeting)["version"] for meeting in meetings}
        with self.down():
            for step in range(100):
                for event in events:
                    event.name = f"{event.id} step {step}"
                self.commit()
            self.env["omeet.job"]._drain()
        waiting = self.jobs(state="pending")
        self.assertEqual(len(waiting), 1000)
        self._due()
        began = time.monotonic()
        self.assertEqual(self.send(), 1000)
        took_s = time.monotonic() - began
        self.assertFalse(self.jobs(state="pending") | self.jobs(state="failed"))
        names = {meeting.remote_id: [] for meeting in meetings}
        while True:
            page = self.service.call("event.list", after=cursor, limit=200, types=["meeting.updated"])
            for happened in page["items"]:
                names[happened["subject"]].append(happened["data"]["name"])
            if not page["next"]:
                break
            cursor = page["next"]
        for event, meeting in zip(events, meetings, strict=True):
            self.assertEqual(names[meeting.remote_id], [f"{event.id} step {step}" for step in range(100)])
            self.assertEqual(self.service.get(meeting)["version"], versions[meeting.remote_id] + 100)
        self.assertLess(took_s, 240, "one run of the cron")

    def test_an_answer_that_was_lost_is_not_done_twice(self):
        """The call arrived, its answer did not: the next attempt carries the same idempotency key."""
        event = self.event()
        self.send()
        meeting = self.meeting_of(event)
        version = self.service.get(meeting)["version"]
        event.name = "Once"
        self.commit()
        post, lost = Client._post, []

        def losing(client, body):
            answer = post(client, body)
            if not lost:
                lost.append(body)
                raise Unavailable("cut off", kind="client.timeout")
            return answer

        with patch.object(Client, "_post", losing):
            self.env["omeet.job"]._drain()
            self._due()
            self.env["omeet.job"]._drain()
        self.assertEqual(len(lost), 1)
        self.assertEqual(self.service.get(meeting)["version"], version + 1)
        self.assertFalse(self.jobs(state="pending"))

    def test_a_job_waits_longer_after_every_failure_and_says_why(self):
        event = self.event()
        self.send()
        event.name = "Other"
        self.commit()
        pauses = []
        with self.down():
            for _attempt in range(4):
                self._due()
                self.env["omeet.job"]._drain()
                job = self.jobs(state="pending")
                pauses.append((job.next_try - fields.Datetime.now()).total_seconds())
        self.assertEqual([round(pause / 15) for pause in pauses], [1, 2, 4, 8])
        self.assertIn("cannot be reached", self.meeting_of(event).sync_message)

    def test_later_jobs_of_a_meeting_wait_for_earlier_ones_and_others_do_not(self):
        one, two = self.event(), self.event()
        self.send()
        one.name = "first"
        self.commit()
        one.name = "second"
        self.commit()
        self.jobs(state="pending")[0].next_try = fields.Datetime.now() + timedelta(hours=1)
        two.name = "other"
        self.assertEqual(self.send(), 1)
        self.assertEqual(self.service.get(self.meeting_of(two))["name"], "other")
        self.assertEqual(self.service.get(self.meeting_of(one))["name"], "Weekly")

    def test_a_claimed_job_is_nobody_elses(self):
        event = self.event()
        self.send()
        event.name = "Other"
        self.commit()
        queue = self.env["omeet.job"]
        self.assertTrue(queue._claim(None, set()))
        self.assertFalse(queue._claim(None, set()), "leased")

    def test_no_cursor_is_open_during_a_call(self):
        """Between reading the job and writing down its outcome there is no transaction."""
        event = self.event()
        self.send()
        event.name = "Other"
        self.commit()
        depth, during = [0], []

        @contextmanager
        def own(queue, registry=None):
            depth[0] += 1
            yield queue.sudo()
            depth[0] -= 1

        post = Client._post

        def watching(client, body):
            during.append(depth[0])
            return post(client, body)

        with patch.object(OmeetJob, "_own_cursor", own), patch.object(Client, "_post", watching):
            self.env["omeet.job"]._drain()
        self.assertEqual(during, [0])

    def test_the_hook_never_raises_and_leaves_the_rest_to_the_cron(self):
        event = self.event()
        self.send()
        event.name = "Other"
        self.env.flush_all()
        self.env.cr.precommit.run()
        broken = patch.object(type(self.env.registry), "cursor", side_effect=RuntimeError("no cursor"))
        with broken, self.assertLogs("odoo.addons.omeet", "WARNING"):
            self.env.cr.postcommit.run()
        self.assertEqual(len(self.jobs(state="pending")), 1)
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", self.env.ref("omeet.cron_send").id)]))

    def test_nobody_waits_again_for_an_omeet_that_is_known_to_be_down(self):
        queue = self.env["omeet.job"]
        self.assertFalse(queue._known_down(self.env.company.id))
        event = self.event()
        self.send()
        event.name = "Other"
        self.commit()
        with self.down():
            queue._drain()
        self.assertTrue(queue._known_down(self.env.company.id))

    def test_rubbish_and_slowness_are_no_refusals(self):
        event = self.event()
        self.send()
        for broken in ({"body": b"<html>"}, {"body": b"[]"}, {"status": 502, "body": b"Bad gateway"}):
            with answering(**broken) as (url, _asked), self.subTest(broken):
                event.name = f"Other {broken}"
                self.connection.url, was = url, self.connection.url
                self._due()
                self.send()
                self.connection.url = was
                self.assertTrue(self.jobs(state="pending"))
        self._due()
        self.send()
        self.assertFalse(self.jobs(state="pending"))

    def test_a_refusal_is_told_on_the_meeting_and_does_not_hold_up_the_others(self):
        event = self.event()
        self.send()
        meeting = self.meeting_of(event)
        meeting._queue("update", {"tz": "Mars/Olympus"})
        event.name = "After the refusal"
        self.send()
        self.assertEqual(self.jobs(state="failed").operation, "update")
        self.assertIn("tz", meeting.sync_message)
        self.assertIn("refused", "".join(meeting.message_ids.mapped("body")))
        self.assertEqual(self.service.get(meeting)["name"], "After the refusal")

    def test_a_meeting_that_omeet_lost_is_made_again_with_a_new_link(self):
        """omeet was restored from a backup, or the reservation expired before its event was saved."""
        event = self.event()
        self.send()
        meeting, old = self.meeting_of(event), event.videocall_location
        self.service.call("meeting.delete", id=meeting.remote_id)
        event.name = "Again"
        self.send()
        self.assertNotEqual(event.videocall_location, old)
        view = self.service.get(meeting)
        self.assertEqual((view["state"], view["name"], view["join_url"]), ("ready", "Again", event.videocall_location))
        self.assertIn("new link", "".join(meeting.message_ids.mapped("body")))

    def test_a_meeting_made_while_omeet_is_down_gets_its_link_later(self):
        with self.down():
            meeting = self.env["jitsi.meeting"].with_user(self.ana).create({"name": "Later", "scheduled_date": soon()})
            self.send()
        self.assertEqual((meeting.state, meeting.join_url), ("draft", False))
        self._due()
        self.send()
        self.assertEqual(meeting.state, "ready")
        self.assertEqual(self.service.get(meeting)["name"], "Later")

    def test_a_creation_whose_answer_was_lost_is_found_again(self):
        with self.down():
            meeting = self.env["jitsi.meeting"].with_user(self.ana).create({"name": "Later", "scheduled_date": soon()})
            self.commit()
        made = self.service.call("meeting.create", **meeting._creation_values())
        self._due()
        self.send()
        self.assertEqual(meeting.remote_id, made["id"])

    def test_a_neutralised_copy_calls_nobody(self):
        event = self.event()
        self.send()
        with self.neutralised(), self.calls() as seen:
            event.name = "Other"
            self.send()
            self.env["omeet.connection"]._cron_pull()
        self.assertEqual(seen, [])

    def test_sent_jobs_go_after_a_week_and_refused_ones_stay(self):
        event = self.event()
        self.send()
        self.jobs(state="done").write({"sent_at": fields.Datetime.now() - timedelta(days=8)})
        self.meeting_of(event)._queue("update", {"tz": "Mars/Olympus"})
        self.send()
        self.env["omeet.job"]._gc_sent()
        self.assertEqual(self.jobs().mapped("state"), ["failed"])
