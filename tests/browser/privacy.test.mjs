// S8: no token and no personal link in an address, a Referer, a stored page or a log line.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nothingBroke } from './support/browser.mjs';
import { giveName, goIn, house, HOST, tokenIn } from './support/house.mjs';

const it = house();
const TOKEN = /eyJ[\w-]{5,}\.[\w-]{5,}/;

async function wholeWay() {
  await it.service.call('provider.create', { kind: 'jitsi', name: 'Ours', is_default: true, settings: { server_url: it.jitsi.url, app_id: 'omeet', app_secret: 'a secret of thirty-two characters' } });
  const meeting = await it.meeting({ participants: [HOST] }), host = await it.visit(it.hostLink(meeting)), guest = await it.visit(meeting.join_url);
  const join = host.page.getByRole('button', { name: 'Join', exact: true });
  if (await join.isVisible()) await join.click();
  await goIn(host.page);
  const first = await it.jitsi.enter();
  await giveName(guest.page);
  await goIn(guest.page);
  return { meeting, host, guest, tokens: [first, await it.jitsi.enter()].map((entered) => tokenIn(entered.hash)) };
}

test('tokens travel in the fragment and nowhere else', async () => {
  const { meeting, host, guest, tokens } = await wholeWay();
  assert.ok(tokens.every((token) => TOKEN.test(token)), 'there is a token to look for');
  for (const { url, referer } of [...host.seen.requests, ...guest.seen.requests]) {
    const address = new URL(url);
    assert.doesNotMatch(address.pathname + address.search, TOKEN, url);
    if (address.origin === it.service.url) assert.doesNotMatch(url, TOKEN);
    if (address.origin !== it.service.url) assert.equal(referer && new URL(referer).origin === it.service.url ? referer : null, null, 'no Referer leaves us');
  }
  for (const request of it.jitsi.requests) {
    assert.doesNotMatch(request.url, TOKEN);
    assert.ok(!request.referer?.startsWith(it.service.url), `Referer at the meeting server: ${request.referer}`);
  }
  const log = it.service.log(), ticket = it.hostLink(meeting).split('/').pop();
  for (const secret of [...tokens.map((token) => token.split('.')[2]), ticket]) assert.ok(!log.includes(secret), 'not in the log at its loudest');
  const page = await guest.page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true);
    for (const frame of copy.querySelectorAll('iframe')) frame.remove();
    return copy.outerHTML;
  });
  assert.doesNotMatch(page, TOKEN, 'not in the page, but for the frame that it opens');
  assert.doesNotMatch(await fetch(meeting.join_url).then((answer) => answer.text()), TOKEN, 'not in the page as it is served');
  assert.doesNotMatch(guest.page.url(), TOKEN);
  for (const one of [host, guest]) nothingBroke(one);
  await Promise.all([host.leave(), guest.leave()]);
});

test('nobody else is asked for anything', async () => {
  const guest = await it.visit((await it.meeting()).join_url);
  await giveName(guest.page);
  await goIn(guest.page);
  await it.jitsi.enter();
  const hosts = new Set(guest.seen.requests.map((request) => new URL(request.url)).filter((url) => url.protocol.startsWith('http')).map((url) => url.origin));
  assert.deepEqual([...hosts].sort(), [it.jitsi.url, it.service.url].sort());
  await guest.leave();
});

test('the page keeps nothing in the browser but what it needs', async () => {
  const guest = await it.visit((await it.meeting()).join_url);
  await giveName(guest.page);
  await goIn(guest.page);
  await it.jitsi.enter();
  const kept = await guest.page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]);
  assert.deepEqual(kept, [[], [], ''], 'no storage and no cookie that a script can read');
  for (const cookie of await guest.context.cookies(it.service.url)) assert.ok(cookie.httpOnly && cookie.sameSite !== 'None', cookie.name);
  await guest.leave();
});
