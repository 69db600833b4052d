// The release binary on a fresh SQLite file, and its JSON-RPC.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const freePort = () => new Promise((done) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});

async function untilReady(url, child, log) {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended by itself:\n${readFileSync(log, 'utf8')}`);
    if (await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false)) return;
    await pause(20);
  }
  throw new Error(`not ready in time:\n${readFileSync(log, 'utf8')}`);
}

export async function startService(jitsiUrl, settings = {}) {
  const folder = mkdtempSync(join(process.env.OMEET_TEST_WORK ?? tmpdir(), 'omeet-pages-'));
  const url = `http://127.0.0.1:${await freePort()}`, log = join(folder, 'server.log');
  const env = { PATH: process.env.PATH, OMEET_SERVER__LISTEN: url.slice(7), OMEET_DATABASE__URL: `sqlite://${folder}/omeet.db?mode=rwc`, OMEET_JITSI__SERVER_URL: jitsiUrl,
    OMEET_LOG__FILTER: 'trace', ...settings };
  const output = openSync(log, 'a');
  const child = spawn(process.env.OMEET_BINARY, ['serve'], { cwd: folder, env, stdio: ['ignore', output, output] });
  await untilReady(url, child, log);
  const key = /omk_[0-9A-Za-z]+_[0-9A-Za-z_-]+/.exec(readFileSync(log, 'utf8'))[0];
  const stop = () => new Promise((done) => {
    child.once('exit', () => { rmSync(folder, { recursive: true, force: true }); done(); });
    child.kill('SIGTERM');
  });
  return { url, key, stop, log: () => readFileSync(log, 'utf8'), call: (method, params = {}) => call(url, key, method, params) };
}

async function call(url, key, method, params) {
  const answer = await fetch(`${url}/rpc`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await answer.json();
  if (error) throw Object.assign(new Error(`${method}: ${JSON.stringify(error)}`), error);
  return result;
}
