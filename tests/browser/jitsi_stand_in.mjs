// A stand-in for a Jitsi server: no conferencing, only a record of what it was given.
//   /external_api.js  the embedding script: keeps its constructor's arguments and makes the frame as Jitsi does
//   /<room>           the room: tells the server the address that it was opened with, fragment included
import { createServer } from 'node:http';

const SCRIPT = `
window.JitsiMeetExternalAPI = class {
  constructor(domain, options) {
    this.listeners = {};
    this.options = options;
    this.frame = document.createElement('iframe');
    this.frame.src = new URL('/' + options.roomName, document.currentScript?.src || window.jitsiStandInOrigin).href + (options.jwt ? '?jwt=' + options.jwt : '') + '#config.fromStandIn=true';
    options.parentNode.append(this.frame);
    const { parentNode, ...told } = options;
    window.jitsiStandIn = { domain, options: JSON.parse(JSON.stringify(told)), api: this };
  }
  getIFrame() { return this.frame; }
  addListener(name, act) { this.listeners[name] = act; }
  addEventListener(name, act) { this.listeners[name] = act; }
  executeCommand() {}
  dispose() { this.frame.remove(); }
  emit(name, value) { this.listeners[name]?.(value); }
};
window.jitsiStandInOrigin = new URL(document.currentScript.src).origin;`;

const ROOM = `<!doctype html><html lang="en"><title>Room</title><h1>Room</h1>
<script>fetch('/seen', { method: 'POST', body: JSON.stringify({ path: location.pathname, query: location.search, hash: location.hash, referrer: document.referrer }) });</script>`;

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function answer(response, type, text) {
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'cross-origin' });
  response.end(text);
}

export async function startJitsiStandIn() {
  const requests = [], entered = [], waiting = [];
  const server = createServer(async (request, response) => {
    requests.push({ method: request.method, url: request.url, referer: request.headers.referer ?? null });
    if (request.url === '/external_api.js') return answer(response, 'text/javascript', SCRIPT);
    if (request.url === '/favicon.ico') return answer(response, 'image/x-icon', '');
    if (request.url !== '/seen') return answer(response, 'text/html; charset=utf-8', ROOM);
    const seen = JSON.parse(await body(request));
    const next = waiting.shift();
    next ? next(seen) : entered.push(seen);
    answer(response, 'text/plain', '');
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    // The next room that is entered, or null when none is within `ms`.
    enter: (ms = 10_000) => entered.length
      ? Promise.resolve(entered.shift())
      : new Promise((done) => { waiting.push(done); setTimeout(() => { waiting.splice(waiting.indexOf(done) >>> 0, 1); done(null); }, ms).unref(); }),
    stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}
