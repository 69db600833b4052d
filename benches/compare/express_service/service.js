// The least that makes a Jitsi meeting joinable with Express: a table of meetings in SQLite, and a token for who may come in.
const cluster = require("node:cluster");
const crypto = require("node:crypto");
const Database = require("better-sqlite3");
const express = require("express");
const jwt = require("jsonwebtoken");

const { API_KEY, DATABASE, JITSI_SECRET, PORT, WORKERS } = process.env;
// As a key object: of a string jsonwebtoken first tries at every call whether it is a private key, which takes two milliseconds.
const SECRET = crypto.createSecretKey(Buffer.from(JITSI_SECRET));
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const SCHEMA = `
create table if not exists meeting (id integer primary key, name text not null, code text not null unique, room text not null, start_at integer, end_at integer, state text not null);
create table if not exists participant (id integer primary key, meeting_id integer not null references meeting, name text, email text);`;

function serve() {
  const db = new Database(DATABASE, { timeout: 30000 });
  db.pragma("journal_mode = wal");
  db.pragma("synchronous = full");
  db.exec(SCHEMA);
  const meeting = db.prepare("insert into meeting (name, code, room, start_at, end_at, state) values (?, ?, ?, ?, ?, 'ready')");
  const participant = db.prepare("insert into participant (meeting_id, name, email) values (?, ?, ?)");
  const byCode = db.prepare("select room, end_at, state from meeting where code = ?");
  const insert = db.transaction((asked, code, room) => {
    const { lastInsertRowid } = meeting.run(asked.name, code, room, asked.start_at, asked.end_at);
    for (const person of asked.participants || []) participant.run(lastInsertRowid, person.name, person.email);
    return lastInsertRowid;
  });

  const app = express();
  app.use(express.json());
  app.use((request, response, next) => (request.get("authorization") === `Bearer ${API_KEY}` ? next() : response.sendStatus(401)));
  app.post("/meetings", (request, response) => {
    const { name, start_at, end_at } = request.body;
    if (typeof name !== "string" || !Number.isInteger(start_at) || !Number.isInteger(end_at)) return response.sendStatus(422);
    const code = Array.from({ length: 10 }, () => ALPHABET[crypto.randomInt(ALPHABET.length)]).join("");
    const id = insert.immediate(request.body, code, crypto.randomBytes(16).toString("hex"));
    response.json({ id, code, join_url: `https://meet.example.org/j/${code}` });
  });
  app.get("/meetings/:code/join", (request, response) => {
    const found = byCode.get(request.params.code);
    const now = Math.floor(Date.now() / 1000);
    if (!found || !["ready", "started"].includes(found.state) || found.end_at < now) return response.sendStatus(404);
    const user = { name: request.query.name, email: request.query.email, moderator: "true" };
    const claims = { aud: "jitsi", iss: "app", sub: "meet.example.org", room: found.room, nbf: now - 10, exp: found.end_at, context: { user } };
    const token = jwt.sign(claims, SECRET, { algorithm: "HS256" });
    response.json({ url: `https://meet.example.org/${found.room}#jwt=${token}`, token });
  });
  app.listen(Number(PORT), "127.0.0.1");
}

if (cluster.isPrimary) for (let worker = 0; worker < Number(WORKERS); worker++) cluster.fork();
else serve();
