// Everybody can use the pages: on a phone, by keyboard, without JavaScript, in the dark, in their language.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accessible, nothingBroke } from './support/browser.mjs';
import { giveName, goIn, house, HOST, minutesFromNow } from './support/house.mjs';

const it = house();
const PHONE = { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function everyPage() {
  const waiting = await it.meeting({ options: { lobby: true }, participants: [HOST] });
  const over = await it.meeting();
  await it.service.call('meeting.start', { id: over.id });
  await it.service.call('meeting.end', { id: over.id });
  const early = await it.service.call('meeting.create', { name: 'Tomorrow', start: minutesFromNow(24 * 60) });
  return { start: '/', nowhere: '/no/such/page', docs: '/docs', join: (await it.meeting({ options: { password: 'x' } })).join_url, lobby: it.hostLink(waiting), wait: waiting.join_url, over: over.join_url, early: early.join_url, unknown: '/j/zzzzzzzzzz' };
}

for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, phone: PHONE })) {
  test(`every page is accessible: ${look}`, async () => {
    for (const [name, link] of Object.entries(await everyPage())) {
      const one = await it.visit(link, options);
      if (name === 'wait') await giveName(one.page);
      await one.page.locator('h1').waitFor();
      await accessible(one.page);
      nothingBroke(one);
      await one.leave();
    }
  });
}

test('nothing is cut off or needs sideways scrolling on a phone, and buttons are big enough for a thumb', async () => {
  for (const link of Object.values(await everyPage())) {
    const one = await it.visit(link, PHONE);
    const wide = await one.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${link} is ${wide} px too wide`);
    for (const button of await one.page.locator('main button:visible').all()) assert.ok((await button.boundingBox()).height >= 44, `${link}: a button is too small`);
    await one.leave();
  }
});

test('a guest goes in on a phone', async () => {
  const one = await it.visit((await it.meeting()).join_url, PHONE);
  await giveName(one.page);
  await goIn(one.page);
  assert.ok(await it.jitsi.enter());
  await one.leave();
});

test('by keyboard alone, with the focus in sight', async () => {
  const one = await it.visit((await it.meeting()).join_url);
  const focused = () => one.page.evaluate(() => ({ id: document.activeElement.id, name: document.activeElement.textContent.trim(), outline: getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow }));
  if ((await focused()).id !== 'name') {
    await one.page.keyboard.press('Tab');
    assert.match((await focused()).name, /Skip/);
    for (let steps = 0; steps < 10 && (await focused()).id !== 'name'; steps += 1) await one.page.keyboard.press('Tab');
  }
  assert.equal((await focused()).id, 'name');
  assert.notEqual((await focused()).outline, 'nonenone');
  await one.page.keyboard.type('Kim Keys');
  await one.page.keyboard.press('Enter');
  await one.page.getByRole('button', { name: 'Enter the meeting' }).or(one.page.locator('iframe')).first().waitFor();
  if (!(await one.page.locator('iframe').count())) {
    for (let steps = 0; steps < 12 && (await focused()).name !== 'Enter the meeting'; steps += 1) await one.page.keyboard.press('Tab');
    await one.page.keyboard.press('Enter');
  }
  assert.ok(await it.jitsi.enter());
  await one.leave();
});

test('without JavaScript a guest still comes in', async () => {
  const one = await it.visit((await it.meeting()).join_url, { javaScriptEnabled: false });
  await giveName(one.page);
  const button = one.page.getByRole('button', { name: 'Enter the meeting' });
  if (await button.isVisible()) await button.click();
  await one.page.waitForURL(`${it.jitsi.url}/**`);
  assert.ok(it.jitsi.requests.some((request) => request.url.length > 20 && request.method === 'GET'));
  await one.leave();
});

test('without JavaScript the waiting page looks again by itself', async () => {
  const meeting = await it.meeting({ options: { lobby: true } }), one = await it.visit(meeting.join_url, { javaScriptEnabled: false });
  await giveName(one.page);
  await one.page.locator('noscript .hint', { hasText: 'This page looks again every ten seconds.' }).waitFor();
  const { items } = await it.service.call('lobby.list', { meeting_id: meeting.id });
  await it.service.call('lobby.admit', { meeting_id: meeting.id, entry_id: items[0].id });
  await one.page.getByRole('button', { name: 'Enter the meeting' }).waitFor({ timeout: 20_000 });
  await one.leave();
});

test('dark is dark and light is light', async () => {
  const brightness = async (colorScheme) => {
    const one = await it.visit('/', { colorScheme });
    const colour = await one.page.evaluate(() => [document.body, document.documentElement].map((element) => getComputedStyle(element).backgroundColor).find((text) => !/, 0\)|transparent/.test(text)));
    await one.leave();
    const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
    return (red + green + blue) * (colour.startsWith('rgb') ? 1 : 255);
  };
  assert.ok((await brightness('light')) > 600);
  assert.ok((await brightness('dark')) < 250);
});

for (const [locale, label] of [['en-US', 'Your name'], ['id-ID', /[Nn]ama/], ['fr-FR', /nom/], ['sw-KE', 'Your name']]) {
  test(`the page speaks ${locale}, and says so`, async () => {
    const one = await it.visit((await it.meeting()).join_url, { locale });
    await one.page.getByLabel(label).waitFor();
    assert.equal(await one.page.locator('html').getAttribute('lang'), locale.startsWith('sw') ? 'en' : locale.slice(0, 2));
    nothingBroke(one);
    await one.leave();
  });
}

test('the language can be changed on the page', async () => {
  const one = await it.visit((await it.meeting()).join_url);
  await one.page.getByRole('navigation', { name: 'Language' }).getByRole('link', { name: 'Français' }).click();
  await one.page.getByLabel(/nom/).waitFor();
  assert.equal(await one.page.locator('html').getAttribute('lang'), 'fr');
  await one.leave();
});
