"""How a job is told to omeet: the calls of each operation. No cursor is touched here once an order is made."""

import logging

from .client import NotFound, OmeetError, Refused, Unavailable

_logger = logging.getLogger(__name__)


class Clients:
    """Clients of the companies of one run, made from what was read under a cursor; their connections are closed at the end."""

    def __init__(self, deadline):
        self._clients, self._deadline = {}, deadline

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for client in self._clients.values():
            client.__exit__(*exc)

    def of(self, order):
        if order.company_id not in self._clients:
            self._clients[order.company_id] = order.new_client()
            self._clients[order.company_id].deadline = self._deadline
        return self._clients[order.company_id]


class Order:
    """A job with everything that sending it needs: no cursor is touched from here on."""

    def __init__(self, job):
        meeting = job.meeting_id
        self.job_id, self.company_id, self.meeting_ids = job.id, job.company_id.id, meeting.ids
        self.operation, self.payload = job.operation, dict(job.payload or {})
        self.actor, self.key = job.actor or None, job.idempotency_key
        self.remote_id = self.payload.pop("remote_id", None) or meeting.remote_id
        self.busy = {"user": str(job.user_id.id), "intervals": job.user_id._omeet_busy(), "replace": True} if job.user_id else None
        self.recreation = meeting._creation_values() if meeting and meeting._is_live() else None
        try:
            self._made = job.env["omeet.connection"]._of(job.company_id)._client()
        except Unavailable as error:
            self._made = error

    def new_client(self):
        if isinstance(self._made, Unavailable):
            raise self._made
        return self._made

    def carry_out(self, clients):
        """The answer, or the :class:`OmeetError`; never raises."""
        try:
            return getattr(self, f"_do_{self.operation}")(clients.of(self)) or {}
        except OmeetError as error:
            return error
        except Exception as error:
            _logger.exception("omeet: job %s", self.job_id)
            return Refused(f"{type(error).__name__}: {error}")

    def _call(self, client, method, params, step=""):
        """As the user; where omeet sees less in them than Odoo does (a colleague who edits the event), as Odoo itself."""
        if self.actor:
            try:
                return client.call(method, params, actor=self.actor, idempotency_key=self.key + step)
            except Refused as error:
                if not isinstance(error, NotFound) and not error.kind.startswith(("actor.", "forbidden", "meeting.not_host")):
                    raise
        return self._service(client, method, params, step + ":odoo")

    def _service(self, client, method, params, step):
        """As Odoo itself, which has already decided that this may be done."""
        return client.call(method, params, idempotency_key=self.key + step)

    def _do_create(self, client):
        if self.remote_id:
            return client.call("meeting.get", {"id": self.remote_id})
        return {**self._create(client, {**(self.recreation or {}), **self.payload}), "_new_link": True}

    def _create(self, client, values, step=""):
        try:
            return self._service(client, "meeting.create", values, step)
        except Refused as error:
            if error.kind != "meeting.external_key_taken":
                raise
            # Made by an earlier attempt whose answer never arrived.
            found = client.call("meeting.list", {"external_key": values["external_key"], "limit": 1})
            if not found["items"]:
                raise
            return found["items"][0]

    def _recreate(self, client):
        """omeet lost the meeting (an unclaimed reservation, or an older backup): make it again and tell the new link."""
        if not self.recreation:
            raise NotFound("omeet does not know this meeting any more.", kind="meeting.not_found")
        return {**self._create(client, self.recreation, ":again"), "_new_link": True}

    def _do_update(self, client):
        if not self.remote_id:
            return self._recreate(client)
        try:
            return self._call(client, "meeting.update", {"id": self.remote_id, **self.payload})
        except NotFound:
            return self._recreate(client)
        except Refused as error:
            if error.kind != "meeting.cancelled":
                raise
            return client.call("meeting.get", {"id": self.remote_id})

    def _do_people(self, client):
        if not self.remote_id:
            return {}
        answer = {}
        if self.payload.get("add"):
            params = {"id": self.remote_id, "participants": self.payload["add"]}
            answer = self._service(client, "meeting.add_participants", params, ":add")
        gone = self.payload.get("remove") or []
        if gone:
            people = client.call("participant.list", {"meeting_id": self.remote_id})["items"]
            for person in [person for person in people if _is_one_of(person, gone)]:
                params = {"id": self.remote_id, "participant_id": person["id"]}
                try:
                    answer = self._service(client, "meeting.remove_participant", params, f":{person['id']}")
                except NotFound:
                    continue
        return answer

    def _do_link(self, client):
        if not self.remote_id:
            return {}
        return self._service(client, "meeting.link", {"id": self.remote_id, **self.payload}, "")

    def _do_cancel(self, client):
        if not self.remote_id:
            return {}
        try:
            return self._call(client, "meeting.cancel", {"id": self.remote_id, **self.payload})
        except NotFound:
            return {}
        except Refused as error:
            if error.kind == "meeting.already_ended":
                return client.call("meeting.get", {"id": self.remote_id})
            raise

    def _do_delete(self, client):
        if not self.remote_id:
            return {}
        try:
            return self._call(client, "meeting.delete", {"id": self.remote_id}) and {}
        except NotFound:
            return {}

    def _do_busy(self, client):
        # Without a key: what is told is read anew by every attempt, and takes the place of what was told before.
        return client.call("availability.put", self.busy) and {}

    def _do_booking(self, client):
        return self._service(client, self.payload["method"], self.payload["params"], "") and {}

    def _do_refresh(self, client):
        if not self.remote_id:
            return {}
        details = client.batch(details_of(self.remote_id))
        return {"_details": details, "_deleted": self.payload.get("may_be_deleted") and isinstance(details[0], NotFound)}


def details_of(remote_id):
    """Everything that a meeting's form shows; what this omeet does not offer answers an error that is left out."""
    return [
        ("meeting.get", {"id": remote_id}),
        ("audit.list", {"subject": remote_id, "limit": 200}),
        ("recording.list", {"meeting_id": remote_id, "limit": 200}),
    ]


def _is_one_of(person, gone):
    for one in gone:
        if one.get("partner_id") and person.get("partner_id") == one["partner_id"]:
            return True
        if one.get("user") and person.get("user_id") and _same(person, one["user"]):
            return True
    return False


def _same(person, user):
    if person.get("email") and user.get("email"):
        return person["email"].lower() == user["email"].lower()
    return person.get("name") == user.get("name")
