// Everything that can stand between a guest and the meeting.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nothingBroke } from './support/browser.mjs';
import { giveName, goIn, house, HOST, minutesFromNow } from './support/house.mjs';

const it = house({ OMEET_JOIN__MISSES_PER_MIN: '1000' });

test('a password is asked for, a wrong one is said to be wrong, the right one opens', async () => {
  const guest = await it.visit((await it.meeting({ options: { password: 'open sesame' } })).join_url);
  await guest.page.getByLabel('Meeting password').fill('wrong');
  await giveName(guest.page);
  await guest.page.getByText('That is not the password of this meeting.').waitFor();
  assert.equal(await guest.page.getByLabel('Your name').inputValue(), 'Gita Guest', 'the name need not be typed again');
  await guest.page.getByLabel('Meeting password').fill('open sesame');
  await guest.page.getByRole('button', { name: 'Join', exact: true }).click();
  await goIn(guest.page);
  assert.ok(await it.jitsi.enter());
  nothingBroke(guest);
  await guest.leave();
});

test('a guest waits in the lobby until the host admits on their page', async () => {
  const meeting = await it.meeting({ options: { lobby: true }, participants: [HOST] });
  const guest = await it.visit(meeting.join_url);
  await giveName(guest.page);
  await guest.page.getByRole('heading', { name: 'Somebody will let you in soon' }).waitFor();
  const host = await it.visit(it.hostLink(meeting));
  await host.page.getByRole('button', { name: 'Admit Gita Guest' }).click();
  await goIn(guest.page);
  assert.ok(await it.jitsi.enter());
  nothingBroke(guest);
  nothingBroke(host);
  await Promise.all([guest.leave(), host.leave()]);
});

test('a guest who knocks appears on the page of a host who is already there', async () => {
  const meeting = await it.meeting({ options: { lobby: true }, participants: [HOST] });
  const host = await it.visit(it.hostLink(meeting)), guest = await it.visit(meeting.join_url);
  await giveName(guest.page, 'Late Larry');
  await host.page.getByRole('button', { name: 'Refuse Late Larry' }).click();
  await guest.page.getByRole('heading', { name: 'You were not let in' }).waitFor();
  nothingBroke(guest);
  nothingBroke(host);
  await Promise.all([guest.leave(), host.leave()]);
});

test('the lobby can be run by JSON-RPC', async () => {
  const meeting = await it.meeting({ options: { lobby: true } }), guest = await it.visit(meeting.join_url);
  await giveName(guest.page, 'Remote Rina');
  await guest.page.getByRole('heading', { name: 'Somebody will let you in soon' }).waitFor();
  const { items } = await it.service.call('lobby.list', { meeting_id: meeting.id });
  assert.deepEqual(items.map((entry) => entry.name), ['Remote Rina']);
  await it.service.call('lobby.admit', { meeting_id: meeting.id, entry_id: items[0].id });
  await goIn(guest.page);
  assert.ok(await it.jitsi.enter());
  await guest.leave();
});

test('a guest waits for the host', async () => {
  const meeting = await it.meeting({ options: { wait_for_host: true }, participants: [HOST] }), guest = await it.visit(meeting.join_url);
  await giveName(guest.page);
  await guest.page.getByRole('heading', { name: 'Waiting for the host' }).waitFor();
  const host = await it.visit(it.hostLink(meeting));
  const join = host.page.getByRole('button', { name: 'Join', exact: true });
  if (await join.isVisible()) await join.click();
  await goIn(host.page);
  assert.ok(await it.jitsi.enter());
  await goIn(guest.page);
  assert.ok(await it.jitsi.enter(), 'the guest follows');
  await Promise.all([guest.leave(), host.leave()]);
});

test('too early: the page says when it opens, in the meeting\'s own zone', async () => {
  const meeting = await it.service.call('meeting.create', { name: 'Tomorrow', start: minutesFromNow(24 * 60), tz: 'Asia/Jakarta' });
  const guest = await it.visit(meeting.join_url);
  const name = guest.page.getByLabel('Your name');
  if (await name.isVisible()) await giveName(guest.page);
  await guest.page.getByRole('heading', { name: 'The meeting is not open yet' }).waitFor();
  await guest.page.getByText('Opens at').waitFor();
  assert.match(await guest.page.locator('main').innerText(), /Jakarta/);
  assert.equal(await it.jitsi.enter(300), null);
  nothingBroke(guest);
  await guest.leave();
});

for (const [method, heading, status] of [['meeting.end', 'This meeting is over', 410], ['meeting.cancel', 'This meeting was cancelled', 410]]) {
  test(`after ${method} the page says so`, async () => {
    const meeting = await it.meeting();
    if (method === 'meeting.end') await it.service.call('meeting.start', { id: meeting.id });
    await it.service.call(method, { id: meeting.id });
    const guest = await it.visit(meeting.join_url);
    await guest.page.getByRole('heading', { name: heading }).waitFor();
    assert.equal(guest.response.status(), status);
    assert.equal(await guest.page.getByLabel('Your name').count(), 0);
    nothingBroke(guest);
    await guest.leave();
  });
}

test('an unknown code and a wrong ticket have the same page', async () => {
  const meeting = await it.meeting();
  const unknown = await it.visit('/j/zzzzzzzzzz'), wrong = await it.visit(`/j/${meeting.room_code}/notaticketatall`);
  for (const one of [unknown, wrong]) {
    await one.page.getByRole('heading', { name: 'No such meeting' }).waitFor();
    assert.equal(one.response.status(), 404);
    nothingBroke(one);
  }
  assert.equal(await unknown.page.locator('main').innerHTML(), await wrong.page.locator('main').innerHTML());
  await Promise.all([unknown.leave(), wrong.leave()]);
});

test('a meeting for invited people does not exist for others, and the personal link opens it', async () => {
  const meeting = await it.meeting({ access: 'invited', participants: [HOST] });
  const guest = await it.visit(meeting.join_url), host = await it.visit(it.hostLink(meeting));
  await guest.page.getByRole('heading', { name: 'No such meeting' }).waitFor();
  assert.equal(guest.response.status(), 404);
  await host.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
  await Promise.all([guest.leave(), host.leave()]);
});
