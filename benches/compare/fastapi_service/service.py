"""The least that makes a Jitsi meeting joinable with FastAPI: a table of meetings in SQLite, and a token for who may come in."""

import os
import secrets
import sqlite3
import threading
import time

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

KEY, SECRET, DATABASE = os.environ["API_KEY"], os.environ["JITSI_SECRET"], os.environ["DATABASE"]
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
SCHEMA = """
create table if not exists meeting (id integer primary key, name text not null, code text not null unique, room text not null, start_at integer, end_at integer, state text not null);
create table if not exists participant (id integer primary key, meeting_id integer not null references meeting, name text, email text);
"""
app, local = FastAPI(), threading.local()


class Person(BaseModel):
    name: str
    email: str


class NewMeeting(BaseModel):
    name: str
    start_at: int
    end_at: int
    participants: list[Person] = []


def database() -> sqlite3.Connection:
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(DATABASE, timeout=30, isolation_level=None)
        local.connection.executescript("pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on;" + SCHEMA)
    return local.connection


def caller(authorization: str = Header()):
    if not secrets.compare_digest(authorization, f"Bearer {KEY}"):
        raise HTTPException(401)


@app.post("/meetings", dependencies=[Depends(caller)])
def create(new: NewMeeting):
    code, room = "".join(secrets.choice(ALPHABET) for _ in range(10)), secrets.token_hex(16)
    db = database()
    db.execute("begin immediate")
    row = db.execute("insert into meeting (name, code, room, start_at, end_at, state) values (?, ?, ?, ?, ?, 'ready')", (new.name, code, room, new.start_at, new.end_at))
    db.executemany("insert into participant (meeting_id, name, email) values (?, ?, ?)", [(row.lastrowid, person.name, person.email) for person in new.participants])
    db.execute("commit")
    return {"id": row.lastrowid, "code": code, "join_url": f"https://meet.example.org/j/{code}"}


@app.get("/meetings/{code}/join", dependencies=[Depends(caller)])
def join(code: str, name: str, email: str):
    found = database().execute("select room, end_at, state from meeting where code = ?", (code,)).fetchone()
    now = int(time.time())
    if found is None or found[2] not in ("ready", "started") or found[1] < now:
        raise HTTPException(404)
    user = {"name": name, "email": email, "moderator": "true"}
    claims = {"aud": "jitsi", "iss": "app", "sub": "meet.example.org", "room": found[0], "nbf": now - 10, "exp": found[1], "context": {"user": user}}
    token = jwt.encode(claims, SECRET, "HS256")
    return {"url": f"https://meet.example.org/{found[0]}#jwt={token}", "token": token}
