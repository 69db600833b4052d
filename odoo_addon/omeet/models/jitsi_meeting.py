"""The mirror of omeet's meetings in Odoo.

omeet is the authority for state and link. Odoo is the authority for what its users plan: title, time, people. Whatever of
that is written here is queued for omeet in the same transaction (see ``jitsi_meeting_sync``).
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const import DEFAULT_DURATION_MIN, LIVE_STATES, STATES


class JitsiMeeting(models.Model):
    _name = "jitsi.meeting"
    _description = "O-Meet meeting"
    _inherit = ("mail.thread", "mail.activity.mixin")
    _order = "scheduled_date desc, id desc"

    name = fields.Char("Title", required=True, tracking=True)
    description = fields.Text(help="What it is about; people who join read it.")
    room_code = fields.Char(readonly=True, copy=False, help="Ten characters that lead to the meeting; they never change.")
    room_code_display = fields.Char("Code", compute="_compute_room_code_display", help="What people type to join.")
    meeting_type = fields.Selection(
        [("instant", "Instant"), ("scheduled", "Scheduled")],
        default="scheduled",
        required=True,
        help="Instant meetings begin when they are created.",
    )
    state = fields.Selection(
        STATES,
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        help="Draft: the link is not out yet. Ready: people may come. Started: somebody is there. Ended: over.",
    )
    organizer_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        tracking=True,
        ondelete="set null",
        index=True,
        domain=[("share", "=", False)],
        help="Moderator of the meeting.",
    )
    attendee_ids = fields.Many2many(
        "res.partner",
        "jitsi_meeting_res_partner_rel",
        "meeting_id",
        "partner_id",
        string="Attendees",
        help="Users and contacts. Everybody gets a personal link in omeet; nobody needs an account.",
    )
    scheduled_date = fields.Datetime("Start", default=fields.Datetime.now, tracking=True, index=True)
    duration = fields.Integer("Duration (minutes)", default=lambda self: self._default_duration())
    date_end = fields.Datetime("End", compute="_compute_date_end", store=True)
    tz = fields.Char("Time zone", default=lambda self: self.env.user.tz or "UTC", help="Zone the meeting is planned in.")
    access = fields.Selection(
        [("public", "Anyone with the link"), ("organization", "Users of this company"), ("invited", "Only the invited")],
        default=lambda self: self._default_from_settings("default_access", "public"),
        required=True,
        help="Who may come in.",
    )
    lobby = fields.Boolean(
        default=lambda self: self._default_from_settings("default_lobby", False),
        help="People who are not invited by name wait until a host lets them in.",
    )
    wait_for_host = fields.Boolean(
        default=lambda self: self._default_from_settings("default_wait_for_host", False),
        help="Everybody waits until a host is there.",
    )
    recording_by = fields.Selection(
        [("host", "The host"), ("moderators", "Moderators"), ("nobody", "Nobody")],
        default=lambda self: self._default_from_settings("default_recording_by", "moderators"),
        required=True,
        string="May record",
    )
    join_url = fields.Char("Link", readonly=True, copy=False)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    active = fields.Boolean(default=True)
    is_private = fields.Boolean(
        copy=False, help="The calendar event is private: only its organizer and attendees see this meeting, managers included."
    )
    res_model = fields.Char("Document model", copy=False)
    res_id = fields.Many2oneReference("Document", model_field="res_model", copy=False)
    event_ids = fields.One2many("calendar.event", "omeet_meeting_id", "Calendar events")
    event_count = fields.Integer(compute="_compute_event_count")

    remote_id = fields.Char("Identifier in omeet", readonly=True, copy=False, index="btree_not_null")
    remote_version = fields.Integer(readonly=True, copy=False)
    external_key = fields.Char(readonly=True, copy=False)
    reserved_until = fields.Datetime(readonly=True, copy=False, help="The link was asked for by a form that is not saved yet.")
    actual_start = fields.Datetime("Started at", readonly=True, copy=False)
    actual_end = fields.Datetime("Ended at", readonly=True, copy=False)
    cancel_reason = fields.Char("Reason", readonly=True, copy=False)
    legacy_code = fields.Char(readonly=True, copy=False, index="btree_not_null", help="Code under jitsi_meet_ui: its links lead here.")

    participant_ids = fields.One2many("omeet.participant", "meeting_id", "Attendance", readonly=True)
    participant_count = fields.Integer("People", compute="_compute_participant_count")
    recording_ids = fields.One2many("omeet.recording", "meeting_id", "Recordings", readonly=True)
    audit_ids = fields.One2many("omeet.audit.entry", "meeting_id", "Audit trail", readonly=True)
    job_ids = fields.One2many("omeet.job", "meeting_id", readonly=True)
    sync_message = fields.Char(compute="_compute_sync_message", help="What omeet was not told yet, and why.")
    is_host = fields.Boolean(compute="_compute_is_host", search="_search_is_host")
    can_manage = fields.Boolean(compute="_compute_is_host")

    if hasattr(models, "Constraint"):
        _room_code_uniq = models.Constraint("UNIQUE(room_code)", "Another meeting has this room code.")
        _remote_uniq = models.Constraint("UNIQUE(company_id, remote_id)", "This meeting of omeet is here already.")
    else:
        _sql_constraints = [
            ("room_code_uniq", "UNIQUE(room_code)", "Another meeting has this room code."),
            ("remote_uniq", "UNIQUE(company_id, remote_id)", "This meeting of omeet is here already."),
        ]

    # ------------------------------------------------------------------ defaults and computed values

    @api.model
    def _default_from_settings(self, name, otherwise):
        connection = self.env["omeet.connection"]._of(self.env.company)
        return connection[name] if connection else otherwise

    @api.model
    def _default_duration(self):
        return self._default_from_settings("default_duration", DEFAULT_DURATION_MIN) or DEFAULT_DURATION_MIN

    @api.depends("room_code")
    def _compute_room_code_display(self):
        for meeting in self:
            code = meeting.room_code
            meeting.room_code_display = f"{code[:3]}-{code[3:7]}-{code[7:]}" if code else False

    @api.depends("scheduled_date", "duration")
    def _compute_date_end(self):
        for meeting in self:
            start = meeting.scheduled_date
            meeting.date_end = start + timedelta(minutes=meeting.duration or DEFAULT_DURATION_MIN) if start else False

    @api.depends("participant_ids.joined_at")
    def _compute_participant_count(self):
        rows = (
            self.env["omeet.participant"]
            .sudo()
            ._read_group([("meeting_id", "in", self.ids), ("joined_at", "!=", False)], ["meeting_id"], ["__count"])
        )
        counts = {meeting.id: count for meeting, count in rows}
        for meeting in self:
            meeting.participant_count = counts.get(meeting.id, 0)

    @api.depends("event_ids")
    def _compute_event_count(self):
        for meeting in self:
            meeting.event_count = len(meeting.sudo().event_ids)

    @api.depends("job_ids.state", "job_ids.last_error")
    def _compute_sync_message(self):
        # A form always asks, a list never does: one look per meeting is enough.
        for meeting in self:
            jobs = meeting.sudo().job_ids.filtered(lambda job: job.state != "done")
            waiting = jobs.filtered(lambda job: job.state == "pending" and job.attempts)
            refused = jobs.filtered(lambda job: job.state == "failed")
            if waiting:
                why = waiting[0].last_error
                meeting.sync_message = self.env._("%(count)s changes wait to be sent to omeet. %(why)s", count=len(waiting), why=why)
            elif refused:
                meeting.sync_message = self.env._("omeet refused a change: %s", refused[-1].last_error)
            else:
                meeting.sync_message = False

    @api.depends("organizer_id")
    @api.depends_context("uid")
    def _compute_is_host(self):
        manages = self.env.user.has_group("omeet.group_manager")
        for meeting in self:
            meeting.is_host = meeting.organizer_id == self.env.user
            meeting.can_manage = manages or meeting.is_host or not meeting.id

    @api.model
    def _search_is_host(self, operator, value):
        positive = (operator in ("=", "in")) == bool(value if not isinstance(value, list | tuple | set) else True in value)
        return [("organizer_id", "=" if positive else "!=", self.env.uid)]

    @api.constrains("duration")
    def _check_duration(self):
        for meeting in self:
            if not 1 <= meeting.duration <= 7 * 24 * 60:
                raise ValidationError(self.env._("A meeting takes from one minute to a week; %s minutes do not fit.", meeting.duration))

    # ------------------------------------------------------------------ create, write, copy, delete

    @api.model_create_multi
    def create(self, vals_list):
        """A meeting that a user makes has its link at once; if omeet is down it stays a draft and gets it later."""
        if self.env.context.get("omeet_mirror"):
            return super().create(vals_list)
        prepared, reachable = [], True  # asked once: nobody waits three seconds per meeting
        for vals in vals_list:
            prepared.append(self._prepare_new(dict(vals), reachable))
            reachable = reachable and bool(prepared[-1].get("remote_id"))
        meetings = super(JitsiMeeting, self.with_context(omeet_mirror=True)).create(prepared).with_env(self.env)
        for meeting in meetings:
            meeting._after_create()
        return meetings

    def _prepare_new(self, vals, reachable=True):
        if vals.get("meeting_type") == "instant":
            vals["scheduled_date"] = fields.Datetime.now()
        vals["scheduled_date"] = vals.get("scheduled_date") or fields.Datetime.now()
        if reachable and not vals.get("remote_id") and not self.env.context.get("omeet_later"):
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            vals.update(self._try_reserve(company, vals.get("name"), vals["scheduled_date"]))
        return vals

    def _after_create(self):
        self.ensure_one()
        if not self.external_key:
            self.with_context(omeet_mirror=True).sudo().external_key = self._new_external_key()
        if self.remote_id:
            self._queue_claim()
        else:
            self._queue_create()
        self._notify_clients()

    def write(self, vals):
        if self.env.context.get("omeet_mirror"):
            return super().write(vals)
        self._forbid_mirrored(vals)
        before = {meeting.id: meeting._planned() for meeting in self}
        done = super(JitsiMeeting, self.with_context(omeet_mirror=True)).write(vals)
        if "active" in vals and not vals["active"]:
            self.filtered(lambda meeting: meeting._is_live())._do_cancel()
        for meeting in self:
            meeting._queue_changes(before[meeting.id])
        return done

    @api.model
    def _forbid_mirrored(self, vals):
        """State and link are omeet's: nobody sets them by import or by RPC."""
        if self.env.su:
            return
        forbidden = {"state", "room_code", "join_url", "remote_id", "remote_version", "external_key", "is_private"} & set(vals)
        if forbidden:
            raise UserError(self.env._("These fields come from omeet and cannot be set here: %s", ", ".join(sorted(forbidden))))

    def copy_data(self, default=None):
        copies = super().copy_data(default)
        for values in copies:
            values.setdefault("name", "")
        return copies

    @api.ondelete(at_uninstall=False)
    def _unlink_only_by_host(self):
        for meeting in self:
            if not meeting._may_manage():
                raise AccessError(self.env._("Access Denied: Only creator/host can delete this meeting"))

    def unlink(self):
        """Takes the meeting away in omeet too, and its link out of the events that carry it."""
        if self.env.context.get("omeet_mirror"):
            return super().unlink()
        self.check_access("unlink")
        events = self.sudo().with_context(active_test=False).event_ids
        for meeting in self.sudo():
            meeting._queue_delete()
        events.with_context(omeet_skip=True, dont_notify=True).write({"videocall_location": False})
        return super().unlink()

    # ------------------------------------------------------------------ who may what

    def _is_live(self):
        return bool(self) and self.state in LIVE_STATES

    def _may_manage(self, user=None):
        """Host or manager; of a private meeting the host alone."""
        self.ensure_one()
        user = user or self.env.user
        if self.env.su or self.sudo().organizer_id == user or self.sudo().create_uid == user:
            return True
        return user.has_group("omeet.group_manager") and self.company_id in user.company_ids and not self.sudo().is_private
