import os
import time

import jwt

from odoo import fields, http
from odoo.http import request


class Join(http.Controller):
    @http.route("/meeting_minimal/<string:code>/join", type="http", auth="user", methods=["GET"])
    def join(self, code):
        meeting = request.env["meeting.minimal"].search([("code", "=", code), ("state", "in", ("ready", "started"))], limit=1)
        if not meeting or meeting.stop < fields.Datetime.now():
            return request.not_found()
        user, now = request.env.user, int(time.time())
        context = {"user": {"name": user.name, "email": user.email or user.login, "moderator": "true"}}
        claims = {"aud": "jitsi", "iss": "app", "sub": "meet.example.org", "room": meeting.room, "nbf": now - 10, "exp": int(meeting.stop.timestamp()), "context": context}
        token = jwt.encode(claims, os.environ["JITSI_SECRET"], "HS256")
        return request.make_json_response({"url": f"https://meet.example.org/{meeting.room}#jwt={token}", "token": token})
