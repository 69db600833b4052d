// The way of an admin: sign in, look around, leave.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accessible, nothingBroke } from './support/browser.mjs';
import { house } from './support/house.mjs';

const OPERATOR = 'an operator of the browser tests';
const it = house({ OMEET_ADMIN__OPERATOR_TOKEN: OPERATOR });
const PHONE = { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

// Everything by keyboard.
async function signIn(admin, key) {
  await admin.page.getByLabel('Key').fill(key);
  await admin.page.keyboard.press('Enter');
  await admin.page.getByRole('button', { name: 'Sign out' }).waitFor();
}

test('an admin signs in, looks around and leaves', async () => {
  await it.service.call('webhook.endpoint.create', { url: 'http://127.0.0.1:9/erp' });
  await it.meeting();
  const admin = await it.visit('/admin'), { page, context } = admin;
  await page.getByLabel('Key').fill('omk_wrong');
  await page.keyboard.press('Enter');
  await page.getByText('This key does not open this page').waitFor();
  await accessible(page);
  await signIn(admin, it.service.key);
  await page.getByRole('heading', { level: 1, name: 'Main' }).waitFor();
  await page.getByRole('img', { name: /Meetings held, by day/ }).waitFor();
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path], ['omeet_admin', true, 'Strict', '/admin']);
  assert.ok(!(await page.content()).includes(it.service.key), 'the key is in no page');
  assert.ok(!it.service.log().slice(it.service.log().indexOf('omeet listens')).includes(it.service.key.slice(40)), 'the key is in no log');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Key').waitFor();
  assert.deepEqual(await context.cookies(), []);
  nothingBroke(admin);
  await admin.leave();
});

for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, phone: PHONE })) {
  test(`the operator's pages are accessible: ${look}`, async () => {
    const operator = await it.visit('/admin', options), { page } = operator;
    await accessible(page);
    await signIn(operator, OPERATOR);
    await page.getByRole('heading', { level: 1, name: 'This installation' }).waitFor();
    await accessible(page);
    await page.getByRole('link', { name: 'Main' }).click();
    await page.getByRole('heading', { level: 1, name: 'Main' }).waitFor();
    await page.getByText('Show the numbers').first().click();
    await accessible(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing is wider than the screen');
    nothingBroke(operator);
    await operator.leave();
  });
}

for (const [locale, words] of [['id-ID', 'Administrasi'], ['fr-FR', 'Administration'], ['sw-KE', 'Administration']]) {
  test(`the door speaks ${locale}`, async () => {
    const guest = await it.visit('/admin', { locale });
    await guest.page.getByRole('heading', { name: words }).waitFor();
    nothingBroke(guest);
    await guest.leave();
  });
}
