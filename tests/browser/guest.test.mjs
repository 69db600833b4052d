// The way of a guest: link, name, meeting.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nothingBroke } from './support/browser.mjs';
import { claims, giveName, goIn, house, HOST, tokenIn } from './support/house.mjs';

const it = house();
const selfHosted = () => it.service.call('provider.create', { kind: 'jitsi', name: 'Ours', is_default: true, settings: { server_url: it.jitsi.url, app_id: 'omeet', app_secret: 'a secret of thirty-two characters' } });

test('a guest gives a name and is in the meeting', async () => {
  const meeting = await it.meeting(), guest = await it.visit(meeting.join_url);
  await guest.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
  await giveName(guest.page);
  await goIn(guest.page);
  const entered = await it.jitsi.enter();
  assert.ok(entered, 'the room was opened');
  assert.notEqual(entered.path.slice(1), meeting.room_code, 'the room at the provider is not the code');
  assert.ok(entered.path.length > 20);
  nothingBroke(guest);
  await guest.leave();
});

test('the script is given name, room and no more rights than a guest has', async () => {
  await selfHosted();
  const guest = await it.visit((await it.meeting()).join_url);
  await giveName(guest.page, 'Zoë "Quote" <b>Öz</b>');
  await goIn(guest.page);
  const entered = await it.jitsi.enter();
  const token = tokenIn(entered.hash);
  assert.equal(claims(token).context.user.name, 'Zoë "Quote" <b>Öz</b>');
  assert.equal(claims(token).room, entered.path.slice(1).toLowerCase());
  assert.notEqual(claims(token).context.user.moderator, true);
  const { domain, options } = await guest.page.evaluate(() => ({ domain: window.jitsiStandIn.domain, options: window.jitsiStandIn.options }));
  assert.equal(domain, new URL(it.jitsi.url).host);
  assert.equal(options.roomName, entered.path.slice(1));
  assert.equal(options.jwt, undefined);
  nothingBroke(guest);
  await guest.leave();
});

test('a host comes in by the personal link as moderator, without being asked for a name', async () => {
  const meeting = await it.meeting({ participants: [HOST] }), host = await it.visit(it.hostLink(meeting));
  assert.equal(await host.page.getByLabel('Your name').count(), 0);
  const join = host.page.getByRole('button', { name: 'Join', exact: true });
  if (await join.isVisible()) await join.click();
  await goIn(host.page);
  const token = claims(tokenIn((await it.jitsi.enter()).hash));
  assert.equal(token.context.user.name, 'Hana Host');
  assert.equal(String(token.context.user.moderator), 'true');
  nothingBroke(host);
  await host.leave();
});

test('the code is accepted with dashes and capitals', async () => {
  const meeting = await it.meeting();
  const guest = await it.visit(`/j/${meeting.room_code_display.toUpperCase()}`);
  await guest.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
  await guest.page.goto(it.service.url);
  await guest.page.getByLabel('Meeting code').fill(meeting.room_code_display);
  await guest.page.getByRole('button', { name: 'Continue' }).click();
  await guest.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
  await guest.page.goto(it.service.url);
  await guest.page.getByLabel('Meeting code').fill(`${meeting.join_url}?lang=en`);
  await guest.page.getByRole('button', { name: 'Continue' }).click();
  await guest.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
  nothingBroke(guest);
  await guest.leave();
});

test('an empty or impossible name is asked for again, and what was typed stays', async () => {
  const guest = await it.visit((await it.meeting()).join_url);
  await guest.page.getByRole('button', { name: 'Join', exact: true }).click();
  assert.equal(await guest.page.getByLabel('Your name').evaluate((input) => input.validity.valueMissing), true);
  await guest.page.evaluate(() => document.querySelector('form').setAttribute('novalidate', ''));
  await guest.page.getByRole('button', { name: 'Join', exact: true }).click();
  await guest.page.getByRole('alert').waitFor();
  assert.equal(await guest.page.getByLabel('Your name').getAttribute('aria-invalid'), 'true');
  nothingBroke(guest);
  await guest.leave();
});

test('after leaving, the page offers the way back', async () => {
  const guest = await it.visit((await it.meeting()).join_url);
  await giveName(guest.page);
  await goIn(guest.page);
  await it.jitsi.enter();
  await guest.page.evaluate(() => window.jitsiStandIn.api.emit('readyToClose'));
  await guest.page.getByRole('heading', { name: 'You have left the meeting' }).waitFor();
  await guest.page.getByRole('button', { name: 'Go back in' }).waitFor();
  await guest.leave();
});
