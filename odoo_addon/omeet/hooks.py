"""What XML cannot do on both series, and what has to be put right when the module goes."""

import logging

_logger = logging.getLogger(__name__)


_OLD = "jitsi_meet_ui"


def pre_init_hook(env):
    """The old module's table has the name of ours: it steps aside before ours is made (see ``legacy_import``)."""
    env.cr.execute(
        """SELECT 1 FROM information_schema.columns
            WHERE table_schema = current_schema AND table_name = 'jitsi_meeting' AND column_name = 'room_name'"""
    )
    if not env.cr.fetchone():
        return
    env.cr.execute("ALTER TABLE jitsi_meeting RENAME TO jitsi_meeting_legacy")
    env.cr.execute("ALTER SEQUENCE IF EXISTS jitsi_meeting_id_seq RENAME TO jitsi_meeting_legacy_id_seq")
    env.cr.execute("ALTER INDEX IF EXISTS jitsi_meeting_pkey RENAME TO jitsi_meeting_legacy_pkey")
    if _has_old_link(env):
        env.cr.execute("ALTER TABLE calendar_event RENAME COLUMN jitsi_meeting_id TO omeet_legacy_id")
    _retire(env)


def _has_old_link(env):
    env.cr.execute(
        """SELECT 1 FROM information_schema.columns
            WHERE table_schema = current_schema AND table_name = 'calendar_event' AND column_name = 'jitsi_meeting_id'"""
    )
    return bool(env.cr.fetchone())


def _retire(env):
    """Two modules cannot own one model. Uninstalling the old one would delete its meetings, so it only loses its views."""
    old = env["ir.module.module"].search([("name", "=", _OLD), ("state", "!=", "uninstalled")])
    if not old:
        return
    names = env["ir.model.data"].search([("module", "=", _OLD)])
    ids = names.grouped("model")
    for model in ("ir.ui.menu", "ir.ui.view", "ir.actions.act_window", "ir.actions.client", "ir.actions.server", "ir.model.access", "ir.asset"):
        env[model].with_context(active_test=False).browse(ids.get(model, names.browse()).mapped("res_id")).exists().unlink()
    env.cr.execute("DELETE FROM ir_model_data WHERE module = %s", [_OLD])
    env.cr.execute("DELETE FROM ir_model_fields WHERE model = 'jitsi.meeting' AND name IN ('room_name', 'start_datetime', 'owner_id', 'meeting_url')")
    env.cr.execute("DELETE FROM ir_model_fields WHERE model = 'calendar.event' AND name = 'jitsi_meeting_id'")
    env.cr.execute("UPDATE ir_module_module SET state = 'uninstalled', latest_version = NULL WHERE id IN %s", [tuple(old.ids)])
    env.invalidate_all()
    _logger.info("omeet: %s is retired; its meetings are taken over", _OLD)


def post_init_hook(env):
    _place_groups(env)
    _grant(env)
    env["jitsi.meeting"]._import_legacy()


def _place_groups(env):
    """18 shows groups by category, 19 by privilege; neither field exists in the other series."""
    groups = env.ref("omeet.group_user") | env.ref("omeet.group_manager")
    category = env.ref("base.module_category_productivity")
    if "privilege_id" in groups._fields:
        privilege = env["res.groups.privilege"].create({"name": "O-Meet", "category_id": category.id})
        _name(env, "privilege_omeet", privilege)
        groups.write({"privilege_id": privilege.id})
    else:
        own = env["ir.module.category"].create({"name": "O-Meet", "parent_id": category.id})
        _name(env, "category_omeet", own)
        groups.write({"category_id": own.id})


def _name(env, name, record):
    env["ir.model.data"].create({"module": "omeet", "name": name, "model": record._name, "res_id": record.id, "noupdate": True})


def _grant(env):
    """Everybody who works here now, and who will be hired, may use it; administrators manage it."""
    user, manager = env.ref("omeet.group_user"), env.ref("omeet.group_manager")
    users = env["res.users"].with_context(active_test=False).search([("share", "=", False)])
    field = "group_ids" if "group_ids" in users._fields else "groups_id"
    users.write({field: [(4, user.id)]})
    admins = users.filtered(lambda one: one.has_group("base.group_system"))
    admins.write({field: [(4, manager.id)]})
    template = env.ref("base.default_user_group", raise_if_not_found=False)
    if template:
        template.implied_ids = [(4, user.id)]


def uninstall_hook(env):
    """Leaves no field that nobody can read: links become plain custom links, and omeet stops posting here."""
    for connection in env["omeet.connection"].sudo().search([("webhook_endpoint", "!=", False)]):
        try:
            connection._forget_webhook()
        except Exception:
            _logger.info("omeet: the webhook endpoint stays at omeet", exc_info=True)
    env["ir.config_parameter"].sudo().search([("key", "=like", "omeet.%")]).unlink()
