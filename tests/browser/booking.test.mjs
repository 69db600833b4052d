// The way of a guest who books: choose, fill, confirmed, move, cancel.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { accessible, nothingBroke } from './support/browser.mjs';
import { house } from './support/house.mjs';

// Every visitor of these tests comes from one address.
const it = house({ OMEET_BOOKING__PER_ADDRESS_PER_H: '10000', OMEET_BOOKING__PER_LINK_PER_H: '10000', OMEET_BOOKING__HOLDS_PER_ADDRESS: '50' });
const PHONE = { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const TOKYO = { timezoneId: 'Asia/Tokyo' };
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const BUTTON = /^\d\d[:.]\d\d/;

// A day of which some is over has fewer times than a guest of these tests chooses from.
const WHOLE_DAYS = DAYS.filter((day) => day !== DAYS[(new Date().getUTCDay() + 6) % 7]);

let guests = 0;
const address = () => `guest${(guests += 1)}@example.org`;

function link(more = {}) {
  const weekly = Object.fromEntries(WHOLE_DAYS.map((day) => [day, ['06:00-09:00']]));
  return it.service.call('booking.link.create', { title: 'Product demo', tz: 'UTC', hours: { weekly }, notice_min: 0, confirmation: 'automatic', hosts: [{ id: `h${guests += 1}`, name: 'Hana Host', email: 'hana@example.com' }], ...more });
}

const slots = async (offer) => (await it.service.call('booking.slots', { link_id: offer.id })).items;
const bookings = async (offer) => (await it.service.call('booking.list', { link_id: offer.id })).items;

async function choose(page, at = 0) {
  await page.getByRole('button', { name: BUTTON }).nth(at).click();
  await page.getByLabel('Your name').waitFor();
}

async function fill(page, email = address()) {
  await page.getByLabel('Your name').fill('Gita Guest');
  await page.getByLabel('Your e-mail address').fill(email);
  await page.getByRole('button', { name: /this time/ }).click();
}

const clock = (instant, timeZone) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(instant));

test('a guest books, the host confirms, the guest moves and cancels', async () => {
  const offer = await link({ confirmation: 'host' }), guest = await it.visit(offer.url, TOKYO), { page } = guest;
  await page.waitForURL(/tz=Asia%2FTokyo/);
  await choose(page, 1);
  await page.getByText('Asia/Tokyo (UTC+09:00)').waitFor();
  await fill(page);
  await page.getByRole('heading', { name: 'Your request is on its way' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Join the meeting' }).count(), 0, 'the link is not out yet');
  const [booked] = await bookings(offer);
  assert.equal(booked.tz, 'Asia/Tokyo');
  await page.getByText(`${clock(booked.start, 'Asia/Tokyo')} – ${clock(booked.end, 'Asia/Tokyo')}`).waitFor();
  await it.service.call('booking.confirm', { id: booked.id });
  await page.getByText('the link comes with the confirmation').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  assert.equal(await page.getByText('the link comes with the confirmation').count(), 0, 'it has come');
  assert.match(await page.getByRole('link', { name: 'Join the meeting' }).getAttribute('href'), /\/j\/\w+\/\w+/);
  const [entry] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Add to calendar' }).click()]);
  assert.match(readFileSync(await entry.path(), 'utf8'), /^BEGIN:VCALENDAR\r\n[^]*METHOD:REQUEST/);

  await page.getByRole('link', { name: 'Move to another time' }).click();
  await page.getByRole('heading', { name: 'Choose another time' }).waitFor();
  await page.getByRole('button', { name: BUTTON }).nth(3).click();
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  const [moved] = await bookings(offer);
  assert.notEqual(moved.start, booked.start);
  assert.equal(moved.meeting_id, booked.meeting_id, 'the meeting moved, it was not made again');
  await page.getByText(`${clock(moved.start, 'Asia/Tokyo')} – `).waitFor();

  await page.getByRole('link', { name: 'Cancel the booking' }).click();
  await page.getByLabel(/Reason/).fill('Something came up.\nSorry!');
  await page.getByRole('button', { name: 'Cancel the booking' }).click();
  await page.getByRole('heading', { name: 'This booking is cancelled' }).waitFor();
  await page.getByText('Something came up. Sorry!').waitFor();
  assert.equal((await it.service.call('meeting.get', { id: booked.meeting_id })).state, 'cancelled');
  nothingBroke(guest);
  await guest.leave();
});

test('each guest reads the same time on their own clock, and may choose another', async () => {
  const offer = await link(), [first] = await slots(offer);
  for (const timezoneId of ['Asia/Tokyo', 'America/New_York', 'Australia/Adelaide']) {
    const guest = await it.visit(offer.url, { timezoneId });
    await guest.page.waitForURL((url) => url.searchParams.get('tz') === timezoneId);
    const button = guest.page.locator(`button[value="${first.start}"]`);
    await button.waitFor();
    assert.match(await button.textContent(), new RegExp(clock(first.start, timezoneId)));
    nothingBroke(guest);
    await guest.leave();
  }
  const guest = await it.visit(offer.url, TOKYO);
  await guest.page.waitForURL(/tz=Asia%2FTokyo/);
  await guest.page.getByLabel('Time zone').selectOption('Europe/Paris');
  await guest.page.waitForURL(/tz=Europe%2FParis/);
  await guest.page.reload();
  assert.equal(await guest.page.getByLabel('Time zone').inputValue(), 'Europe/Paris', 'a zone that was chosen stays');
  await guest.leave();
});

test('two guests want one time', async () => {
  const offer = await link(), [first] = await slots(offer);
  const [one, two] = [await it.visit(`${offer.url}?tz=UTC`), await it.visit(`${offer.url}?tz=UTC`)];
  const press = (guest) => guest.page.locator(`button[value="${first.start}"]`).click();
  await Promise.all([press(one), press(two)]);
  const taken = (guest) => guest.page.getByRole('alert').filter({ hasText: 'This time has just been taken' });
  await Promise.all([one, two].map((guest) => guest.page.getByLabel('Your name').or(taken(guest)).first().waitFor()));
  const late = (await taken(one).count()) ? one : two, quick = late === one ? two : one;
  assert.equal(await taken(late).count(), 1);
  await fill(quick.page);
  await quick.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await choose(late.page);
  await fill(late.page);
  await late.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  const made = await bookings(offer);
  assert.equal(made.length, 2);
  assert.notEqual(made[0].start, made[1].start);
  for (const guest of [one, two]) { nothingBroke(guest); await guest.leave(); }
});

test('two presses make one booking', async () => {
  const offer = await link(), guest = await it.visit(`${offer.url}?tz=UTC`);
  await choose(guest.page);
  const form = guest.page.url();
  await guest.page.getByLabel('Your name').fill('Gita Guest');
  await guest.page.getByLabel('Your e-mail address').fill(address());
  await guest.page.getByRole('button', { name: /this time/ }).dblclick();
  await guest.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  const place = guest.page.url();
  await guest.page.goto(form);
  await fill(guest.page);
  await guest.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  assert.equal(guest.page.url(), place, 'the form knows what it has made');
  assert.equal((await bookings(offer)).length, 1);
  await guest.leave();
});

test('the same guest is told truly how long to wait', async () => {
  const offer = await link(), email = address(), guest = await it.visit(`${offer.url}?tz=UTC`);
  await choose(guest.page);
  await fill(guest.page, email);
  await guest.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await guest.page.goto(`${offer.url}?tz=UTC`);
  await choose(guest.page);
  await fill(guest.page, email);
  const alert = await guest.page.getByRole('alert').textContent();
  assert.match(alert, /^Too many requests\. Wait (60|[1-5]?\d) seconds before booking again\.$/);
  assert.equal(await guest.page.getByLabel('Your e-mail address').inputValue(), email, 'nothing that was typed is lost');
  await guest.leave();
});

test('what does not fit is marked and told', async () => {
  const questions = [{ key: 'company', label: 'Company', kind: 'text', required: true }, { key: 'size', label: 'Size', kind: 'choice', choices: ['small', 'large'] }, { key: 'call', label: 'Telephone', kind: 'phone' }];
  const offer = await link({ questions }), guest = await it.visit(`${offer.url}?tz=UTC`, { javaScriptEnabled: false });
  await choose(guest.page);
  await guest.page.getByLabel('Your name').fill('Gita Guest');
  await guest.page.getByLabel('Your e-mail address').fill('gita@example');
  await guest.page.getByLabel('Company').fill('Kopi');
  await guest.page.getByLabel(/Telephone/).fill('no number');
  await guest.page.getByRole('button', { name: /this time/ }).click();
  await guest.page.getByRole('alert').filter({ hasText: 'Please check what is marked below.' }).waitFor();
  assert.equal(await guest.page.locator('[aria-invalid]').count(), 2);
  assert.equal(await guest.page.getByLabel('Company').inputValue(), 'Kopi');
  await guest.page.getByLabel('Your e-mail address').fill(address());
  await guest.page.getByLabel(/Telephone/).fill('+62 21 123456');
  await guest.page.getByLabel(/Size/).selectOption('large');
  await guest.page.getByRole('button', { name: /this time/ }).click();
  await guest.page.getByRole('heading', { name: 'You are booked' }).waitFor();
  assert.deepEqual((await bookings(offer))[0].answers.map((answer) => answer.value), ['Kopi', 'large', '+62 21 123456']);
  await guest.leave();
});

test('without JavaScript the whole way works', async () => {
  const offer = await link({ durations_min: [30, 60] }), guest = await it.visit(offer.url, { javaScriptEnabled: false }), { page } = guest;
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('link', { name: '60 min' }).click();
  await page.getByRole('link', { name: 'Next month' }).click();
  await page.getByRole('link', { name: /times available/ }).nth(2).click();
  await choose(page);
  await fill(page);
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  const [booked] = await bookings(offer);
  assert.deepEqual([booked.duration_min, booked.tz], [60, 'Asia/Tokyo']);
  await page.getByRole('link', { name: 'Move to another time' }).click();
  await page.getByRole('button', { name: BUTTON }).first().click();
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await page.getByRole('link', { name: 'Cancel the booking' }).click();
  await page.getByRole('button', { name: 'Cancel the booking' }).click();
  await page.getByRole('heading', { name: 'This booking is cancelled' }).waitFor();
  await guest.leave();
});

test('on a phone nothing is too wide or too small', async () => {
  const offer = await link({ durations_min: [30, 60] }), guest = await it.visit(offer.url, { ...PHONE, ...TOKYO }), { page } = guest;
  const fits = async () => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${page.url()}: ${wide} pixels too wide`);
    for (const button of await page.getByRole('button').all()) assert.ok(!(await button.isVisible()) || (await button.boundingBox()).height >= 44, `${page.url()}: a button is too small`);
  };
  await page.waitForURL(/tz=/);
  await fits();
  await choose(page);
  await fits();
  await fill(page);
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await fits();
  nothingBroke(guest);
  await guest.leave();
});

test('a word of sixty-four letters breaks on a phone, not the page', async () => {
  const word = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbea';
  const questions = [{ key: 'part', label: word, kind: 'choice', choices: [word, 'small'], required: true }, { key: 'more', label: word, kind: 'text' }];
  const hosts = [{ id: `h${guests += 1}`, name: word, email: 'hana@example.com' }];
  const offer = await link({ title: word, description: word, hosts, questions }), guest = await it.visit(`${offer.url}?tz=UTC`, PHONE), { page } = guest;
  const fits = async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, page.url());
  await fits();
  await choose(page);
  await fits();
  await page.locator('select[required]').selectOption(word);
  await page.getByLabel(word).last().fill(word);
  await fill(page);
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await fits();
  await page.getByRole('link', { name: 'Cancel the booking' }).click();
  await page.getByRole('heading', { name: 'Cancel this booking?' }).waitFor();
  await fits();
  nothingBroke(guest);
  await guest.leave();
});

test('by keyboard alone, with the focus in sight', async () => {
  const offer = await link(), guest = await it.visit(`${offer.url}?tz=UTC`), { page } = guest;
  const focused = () => page.evaluate(() => {
    const { activeElement: at } = document, { outlineStyle, outlineWidth } = getComputedStyle(at);
    return { tag: at.tagName, value: at.value ?? '', id: at.id, text: at.textContent.trim(), day: at.classList.contains('day'), outline: `${outlineStyle} ${outlineWidth}` };
  });
  const until = async (found) => {
    for (let steps = 0; steps < 80; steps += 1) {
      if (found(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail('the focus never came there');
  };
  await page.keyboard.press('Tab');
  assert.equal((await focused()).text, 'Skip to content');
  await page.keyboard.press('Enter');
  await until(({ day }) => day);
  assert.equal((await focused()).outline, 'solid 3px', 'on a day');
  await until(({ tag, value }) => tag === 'BUTTON' && /^\d{4}-/.test(value));
  assert.equal((await focused()).outline, 'solid 3px', 'on a time');
  await page.keyboard.press('Enter');
  await page.getByLabel('Your name').waitFor();
  await until(({ id }) => id === 'name');
  await page.keyboard.type('Kim Keys');
  await page.keyboard.press('Tab');
  await page.keyboard.type(address());
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'You are booked' }).waitFor();
  await guest.leave();
});

for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, phone: PHONE })) {
  test(`every page of a booking is accessible: ${look}`, async () => {
    const offer = await link({ durations_min: [30, 60], questions: [{ key: 'size', label: 'Size', kind: 'choice', choices: ['small', 'large'] }], seats: 3 });
    const guest = await it.visit(`${offer.url}?tz=UTC`, options), { page } = guest;
    await accessible(page);
    await choose(page);
    await accessible(page);
    await fill(page);
    await page.getByRole('heading', { name: 'You are booked' }).waitFor();
    await accessible(page);
    for (const name of ['Move to another time', 'Cancel the booking']) {
      const place = page.url();
      await page.getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await accessible(page);
      await page.goto(place);
    }
    await page.goto(`${it.service.url}/book/aaaaaaaaaaaaaaaaaaaaaaaaaa`);
    await accessible(page);
    nothingBroke(guest);
    await guest.leave();
  });
}

for (const [locale, words] of [['id-ID', 'Pilih hari dan jam'], ['fr-FR', 'Choisissez un jour et une heure'], ['sw-KE', 'Choose a day and a time']]) {
  test(`the booking page speaks ${locale}`, async () => {
    const guest = await it.visit((await link()).url, { locale });
    await guest.page.getByRole('heading', { name: words }).waitFor();
    nothingBroke(guest);
    await guest.leave();
  });
}

test('changing the language keeps the zone, on the form too', async () => {
  const guest = await it.visit(`${(await link()).url}?tz=Asia/Tokyo`), { page } = guest;
  await page.getByRole('link', { name: 'Français' }).click();
  assert.equal(await page.getByLabel('Fuseau horaire').inputValue(), 'Asia/Tokyo');
  await page.getByRole('button', { name: BUTTON }).first().click();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByLabel('Your name').waitFor();
  await page.getByText('Asia/Tokyo (UTC+09:00)').waitFor();
  nothingBroke(guest);
  await guest.leave();
});

test('only sites that the link allows may show the page', async () => {
  const closed = await fetch((await link()).url), open = await fetch((await link({ embed_origins: ['https://www.example.org'] })).url);
  assert.match(closed.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal(closed.headers.get('x-frame-options'), 'DENY');
  assert.match(open.headers.get('content-security-policy'), /frame-ancestors https:\/\/www\.example\.org;/);
  assert.equal(open.headers.get('x-frame-options'), null);
});
