"""One script of calls, good and bad, for a real Odoo with the addon and for omeet. `{name}` stands for what an earlier call answered."""

M = "jitsi.meeting"
DAY = "2027-01-11 09:00:00"
NONE = [["id", "=", 0]]


def kw(name, model, method, *args, keep=None, **kwargs):
    """A call of `execute_kw`; what it answers is kept under `keep`."""
    return {"name": name, "service": "object", "method": "execute_kw", "args": ["{db}", "{uid}", "{password}", model, method, list(args), kwargs], "keep": keep}


def service(name, service, method, *args):
    return {"name": name, "service": service, "method": method, "args": list(args)}


def post(name, path, params=None, raw=None, session=False):
    return {"name": name, "path": path, "params": params or {}, "raw": raw, "session": session}


def json2(name, model, method, key="{password}", **body):
    return {"name": name, "json2": f"{model}/{method}", "key": key, "body": body}


def search(name, domain, **kwargs):
    return kw(f"search {name}", M, "search", domain, **kwargs)


ENVELOPES = [
    service("version", "common", "version"), service("about", "common", "about"), service("about extended", "common", "about", True),
    service("login", "common", "login", "{db}", "{login}", "{password}"), service("login wrong", "common", "login", "{db}", "{login}", "nope"),
    service("authenticate", "common", "authenticate", "{db}", "{login}", "{password}", {}), service("authenticate without env", "common", "authenticate", "{db}", "{login}", "{password}"),
    service("login without password", "common", "login", "{db}", "{login}"), service("common unknown", "common", "nope"),
    service("service unknown", "nope", "nope"), service("server_version", "db", "server_version"), service("db unknown", "db", "nope"),
    service("object method unknown", "object", "nope", "{db}", "{uid}", "{password}", M, "search", []), service("object too few", "object", "execute_kw", "{db}"),
    service("wrong password", "object", "execute_kw", "{db}", "{uid}", "nope", M, "search", [[]]), service("empty password", "object", "execute_kw", "{db}", "{uid}", "", M, "search", [[]]),
    service("wrong uid", "object", "execute_kw", "{db}", 9999, "{password}", M, "search", [[]]), service("execute", "object", "execute", "{db}", "{uid}", "{password}", M, "search", NONE),
    service("execute_kw without kw", "object", "execute_kw", "{db}", "{uid}", "{password}", M, "search", [NONE]), service("execute_kw null kw", "object", "execute_kw", "{db}", "{uid}", "{password}", M, "search", [NONE], None),
    post("bad json", "/jsonrpc", raw="{"), post("json list", "/jsonrpc", raw="[]"), post("json text", "/jsonrpc", raw='"x"'), post("no params", "/jsonrpc", raw='{"jsonrpc":"2.0","id":3}'),
    post("params list", "/jsonrpc", raw='{"jsonrpc":"2.0","id":3,"params":[]}'), post("no args", "/jsonrpc", {"service": "common", "method": "version"}),
    post("id text", "/jsonrpc", raw='{"jsonrpc":"2.0","id":"x","params":{"service":"common","method":"version","args":[]}}'),
    post("id missing", "/jsonrpc", raw='{"params":{"service":"common","method":"version","args":[]}}'),
    post("method ignored", "/jsonrpc", raw='{"jsonrpc":"1","id":1,"method":"whatever","params":{"service":"common","method":"version","args":[]}}'),
    post("version_info", "/web/webclient/version_info"), post("session none", "/web/session/get_session_info"), post("call_kw without session", "/web/dataset/call_kw", {"model": M, "method": "search", "args": [[]], "kwargs": {}}),
    post("authenticate wrong", "/web/session/authenticate", {"db": "{db}", "login": "{login}", "password": "nope"}),
    post("sign in", "/web/session/authenticate", {"db": "{db}", "login": "{login}", "password": "{password}"}), post("session", "/web/session/get_session_info", session=True),
    post("session call_kw", "/web/dataset/call_kw", {"model": M, "method": "search_count", "args": [[]], "kwargs": {}}, session=True),
    post("session call_kw path", f"/web/dataset/call_kw/{M}/search", {"model": M, "method": "search", "args": [NONE], "kwargs": {}}, session=True),
    post("session unknown model", "/web/dataset/call_kw", {"model": "nope", "method": "search", "args": [[]], "kwargs": {}}, session=True),
    post("session check", "/web/session/check", session=True), post("sign out", "/web/session/destroy", session=True), post("signed out", "/web/session/check", session=True),
]

WRITES = [
    kw("create", M, "create", {"name": "Weekly", "scheduled_date": DAY, "duration": 45}, keep="one"),
    kw("create many", M, "create", [{"name": "Second", "scheduled_date": "2027-02-01 10:00:00"}, {"name": "Third", "duration": 30, "lobby": True}], keep="two"),
    kw("create empty list", M, "create", []), kw("create without name", M, "create", {}), kw("create unknown field", M, "create", {"name": "x", "nope": 1}),
    kw("create wrong selection", M, "create", {"name": "x", "access": "nope"}), kw("create wrong date", M, "create", {"name": "x", "scheduled_date": "soon"}), kw("create text", M, "create", "x"), kw("create nothing", M, "create"),
    kw("write", M, "write", ["{one}"], {"name": "Renamed"}), kw("write number", M, "write", "{one}", {"duration": 50}), kw("write description", M, "write", ["{one}"], {"description": "What it is about"}), kw("write empty", M, "write", ["{one}"], {}), kw("write unknown field", M, "write", ["{one}"], {"nope": 1}),
    kw("write missing record", M, "write", [999999], {"name": "x"}), kw("write no values", M, "write", ["{one}"]), kw("write name false", M, "write", ["{one}"], {"name": False}), kw("write wrong selection", M, "write", ["{one}"], {"access": "nope"}),
    kw("write attendees set", M, "write", ["{one}"], {"attendee_ids": [[6, 0, ["{partner}"]]]}), kw("write attendees link", M, "write", ["{one}"], {"attendee_ids": [[4, "{partner}", 0]]}),
    kw("write attendees unlink", M, "write", ["{one}"], {"attendee_ids": [[3, "{partner}", 0]]}), kw("write attendees clear", M, "write", ["{one}"], {"attendee_ids": [[5, 0, 0]]}), kw("write organizer", M, "write", ["{one}"], {"organizer_id": "{uid}"}),
    kw("action_start", M, "action_start", ["{one}"]), kw("action_end", M, "action_end", ["{one}"]), kw("action_reopen too late", M, "action_reopen", [999999]), kw("action_cancel", M, "action_cancel", ["{two}[1]"]),
    kw("name_create", M, "name_create", "By name", keep="named"), kw("copy", M, "copy", ["{one}"], keep="copied"), kw("copy with default", M, "copy", ["{one}"], {"name": "Other"}), kw("copy missing", M, "copy", [999999]),
]

FIELDS = ["name", "description", "room_code", "room_code_display", "meeting_type", "state", "organizer_id", "attendee_ids", "scheduled_date", "duration", "date_end", "tz", "access", "lobby", "wait_for_host", "recording_by", "join_url", "company_id", "res_model", "external_key", "reserved_until", "actual_start", "actual_end", "cancel_reason", "participant_count", "participant_ids", "recording_ids", "remote_id", "remote_version", "active", "is_private", "is_host", "can_manage", "legacy_code", "sync_message", "create_date", "write_date", "display_name"]
READS = [kw(f"read {field}", M, "read", ["{one}"], [field]) for field in FIELDS] + [
    kw("read two", M, "read", "{two}", ["name"]), kw("read no label", M, "read", ["{one}"], ["organizer_id"], load=""), kw("read missing", M, "read", [999999], ["name"]), kw("read unknown field", M, "read", ["{one}"], ["nope"]), kw("read nothing", M, "read", [], ["name"]),
    kw("read without ids", M, "read"), kw("read kwargs", M, "read", ["{one}"], fields=["name"]),
    kw("search_read", M, "search_read", [["id", "=", "{one}"]], ["name", "organizer_id", "scheduled_date"]), kw("search_read nothing", M, "search_read", [["id", "=", 999999]], ["name"]), kw("search_read page", M, "search_read", [], ["name"], offset=1, limit=1, order="id"),
    kw("search_count", M, "search_count", [["id", "=", "{one}"]]), kw("search_count limit", M, "search_count", [], limit=1), kw("exists", M, "exists", ["{one}", 999999]), kw("exists none", M, "exists", []),
    kw("name_search", M, "name_search", "Renamed"), kw("name_search nothing", M, "name_search", "no such thing"), kw("name_search limit", M, "name_search", limit=1), kw("name_search operator", M, "name_search", "Renamed", operator="="),
    kw("default_get", M, "default_get", ["duration", "access", "organizer_id", "lobby"]), kw("default_get context", M, "default_get", ["name"], context={"default_name": "x"}), kw("get_metadata", M, "get_metadata", ["{one}"]),
    kw("has_access", M, "has_access", [], "write"), kw("check_access_rights", M, "check_access_rights", "read"), kw("check_access_rights wrong", M, "check_access_rights", "nope"), kw("context_get", "res.users", "context_get"),
    kw("users read", "res.users", "read", ["{uid}"], ["name", "login", "partner_id", "company_id"]), kw("users search", "res.users", "search", [["id", "=", "{uid}"]]), kw("partner search_read", "res.partner", "search_read", [["id", "=", "{partner}"]], ["name", "email"]),
    kw("ir.model", "ir.model", "search_read", [["model", "=", M]], ["model", "name"]), kw("ir.model.fields", "ir.model.fields", "search_read", [["model", "=", M], ["name", "=", "name"]], ["name", "ttype"]), kw("ir.cron", "ir.cron", "search_count", [["id", "=", 0]]), kw("ir.module.module", "ir.module.module", "search", [["name", "=", "no_such_module"]]),
    kw("order unknown", M, "search", [], order="nope"), kw("order wrong word", M, "search", [], order="name sideways"), kw("limit zero", M, "search", [["id", "=", "{one}"]], limit=0), kw("private", M, "_search", []), kw("unknown method", M, "nope"), kw("unknown model", "nope", "search", []),
    kw("search no domain", M, "search"), kw("search too many", M, "search", [], 0, 1, "id", 5, 6), kw("search unknown kwarg", M, "search", [], nope=1), kw("context wrong", M, "search", [["id", "=", "{one}"]], context={"lang": "en_US", "tz": "UTC"}),
    kw("read_group", M, "read_group", [["id", "in", "{two}"]], ["duration:sum"], ["state"]), kw("read_group eager", M, "read_group", [["id", "in", "{two}"]], ["duration"], ["state", "access"], lazy=False), kw("read_group month", M, "read_group", [["id", "=", "{one}"]], [], ["scheduled_date:month"]),
    kw("formatted_read_group", M, "formatted_read_group", [["id", "in", "{two}"]], ["access"], ["duration:sum", "__count"]), kw("formatted_read_group month", M, "formatted_read_group", [["id", "=", "{one}"]], ["scheduled_date:month"], ["__count"]),
    kw("formatted_read_group user", M, "formatted_read_group", [["id", "=", "{one}"]], ["organizer_id"], ["__count"]), kw("formatted_read_group wrong", M, "formatted_read_group", [], ["nope"], []),
]

DOMAINS = [search(f"{domain}", ["&", ["id", "in", ["{one}", "{two}[0]", "{two}[1]"]], *domain]) for domain in [
    [["name", "=", "Renamed"]], [["name", "!=", "Renamed"]], [["name", "in", ["Renamed", "Third"]]], [["name", "not in", ["Renamed"]]], [["name", "like", "ame"]], [["name", "ilike", "RENAMED"]], [["name", "not ilike", "ren"]], [["name", "=like", "Ren%"]], [["name", "=ilike", "ren%"]], [["name", "=?", False]],
    [["description", "=", False]], [["description", "!=", False]], [["duration", ">", 40]], [["duration", "<=", 30]], [["lobby", "=", True]], [["lobby", "=", False]], [["lobby", "!=", True]], [["scheduled_date", ">=", DAY]], [["scheduled_date", "<", "2027-01-12"]], [["organizer_id", "=", "{uid}"]], [["organizer_id", "!=", False]], [["organizer_id", "in", ["{uid}"]]],
    [["organizer_id.login", "=", "{login}"]], [["organizer_id.name", "ilike", "zzz"]], [["organizer_id", "ilike", "zzz"]], [["attendee_ids", "=", False]], [["attendee_ids", "in", ["{partner}"]]], [["organizer_id", "any", [["login", "=", "{login}"]]]], [["organizer_id", "not any", [["login", "=", "{login}"]]]], ["!", ["name", "=", "Renamed"]], ["|", ["name", "=", "Renamed"], ["lobby", "=", True]], [[1, "=", 1]], [[0, "=", 1]],
]] + [search(f"bad {domain}", domain) for domain in [
    [["nope", "=", 1]], [["name", "~", "x"]], [["name", "="]], ["&", ["name", "=", "x"]], ["x"], [5], "x", 5, [["scheduled_date", "=", "soon"]], [["name.x", "=", 1]], [["name", "any", []]], [["", "=", 1]],
]]

JSON2 = [
    json2("search", M, "search", domain=[["id", "=", "{one}"]]), json2("search_read", M, "search_read", domain=[["id", "=", "{one}"]], fields=["name"]), json2("read", M, "read", ids=["{one}"], fields=["name"]), json2("context_get", "res.users", "context_get"), json2("read missing", M, "read", ids=[999999], fields=["name"]),
    json2("unknown model", "nope", "search", domain=[]), json2("unknown method", M, "nope"), json2("private", M, "_search"), json2("ids on a model method", M, "search", ids=[1], domain=[]), json2("unknown argument", M, "search", domain=[], nope=1), json2("missing argument", M, "search"), json2("wrong key", M, "search", key="nope", domain=[]),
]

DESCRIPTIONS = [kw(f"fields_get {field}", M, "fields_get", [field], ["type", "string", "required", "readonly", "relation", "store"]) for field in FIELDS] + [kw("fields_get state", M, "fields_get", ["access"], ["selection"]), kw("fields_get nothing", M, "fields_get", ["nope"])]

ENDS = [kw("unlink", M, "unlink", ["{copied}[0]"]), kw("unlink missing", M, "unlink", [999999]), kw("unlink nothing", M, "unlink", []), kw("read unlinked", M, "read", ["{copied}[0]"], ["name"])]

CALLS = [kw("partner of user", "res.users", "read", ["{uid}"], ["partner_id"], load="", keep="me"), *ENVELOPES, *WRITES, *READS, *DOMAINS, *DESCRIPTIONS, *JSON2, *ENDS]
