// What a person sees in real tabs of a real Chromium; photographs it for the description of the addon.
// Everything it needs is in the environment: the addresses, a user, and the folder for the pictures.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { ODOO_URL, OMEET_URL, OMEET_JITSI_URL, LOGIN, PASSWORD, PICTURES, OMEET_NODE_PACKAGES, OMEET_CHROMIUM, LIVE_CODE, EVENT_ID, BOOKING_ID } = process.env;
const require = createRequire(`${OMEET_NODE_PACKAGES}/package.json`);
const { chromium } = require('playwright-core');
const axe = require('axe-core');

const browser = await chromium.launch({ executablePath: OMEET_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
const WIDE = { viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'Asia/Jakarta' };
const errors = [];

async function person(options = WIDE) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: ODOO_URL });
  context.on('weberror', (error) => errors.push(String(error.error())));
  return { context, page: await context.newPage() };
}

async function logIn(page) {
  await page.goto(`${ODOO_URL}/web/login`);
  await page.fill('input[name=login]', LOGIN);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('.o_main_navbar');
}

async function open(page, path, ready) {
  await page.goto(ODOO_URL + path);
  await page.waitForSelector(ready);
  await page.waitForTimeout(800);
}

const picture = (page, name) => page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled' });
const card = (page, name) => page.locator('.o_omeet_card', { hasText: name });

// In the room itself, under the name that Odoo knows: nothing is asked.
async function arrivesInTheMeeting(tab) {
  await tab.waitForURL(`${OMEET_JITSI_URL}/**`);
  assert.match(decodeURIComponent(tab.url()), /displayName="?Ana/);
}

async function newMeetingOpensItsTab({ page, context }) {
  await open(page, '/odoo/o-meet', '.o_omeet_dashboard');
  await page.fill('#o_omeet_title', 'Quick question');
  const [tab] = await Promise.all([context.waitForEvent('page'), page.click('.o_omeet_new_button')]);
  await arrivesInTheMeeting(tab);
  assert.equal(await tab.evaluate(() => window.opener), null, 'the new tab cannot reach back');
  await tab.close();
  await card(page, 'Quick question').waitFor();
}

async function keyboardAlone({ page, context }) {
  await page.focus('#o_omeet_code');
  await page.keyboard.type('not a code');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.o_omeet_code_error:not(:empty)');
  await page.fill('#o_omeet_code', LIVE_CODE);
  const [tab] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')]);
  await arrivesInTheMeeting(tab);
  await tab.close();
}

async function copies({ page }) {
  await page.bringToFront();
  await card(page, 'Sprint review').locator('.o_omeet_copy').click();
  await page.waitForSelector('.o_notification');
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^${OMEET_URL}/j/`));
}

// Somebody ends the meeting elsewhere, and opens it again: the open page hears of it.
async function hearsOfOthers({ page }) {
  const becomes = (state) => card(page, 'Sprint review').locator(`[data-state=${state}]`).waitFor({ timeout: 20_000 });
  await becomes('started');
  console.log('call meeting.end');
  await becomes('ended');
  console.log('call meeting.reopen');
  await becomes('started');
}

// A colour on its way to another is neither.
const atRest = (page) => page.waitForFunction(() => document.getAnimations().every((one) => !(one instanceof CSSTransition)));

async function accessible({ page }) {
  await page.evaluate(axe.source);
  await atRest(page);
  const { violations } = await page.evaluate(() => window.axe.run('.o_omeet_dashboard', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`), []);
}

async function photographs({ page }) {
  await open(page, '/odoo/o-meet', '.o_omeet_card');
  await picture(page, 'dashboard');
  await open(page, `/odoo/calendar.event/${EVENT_ID}`, 'button.o_omeet_clear');
  await picture(page, 'calendar');
  await open(page, '/odoo/o-meet-meetings', '.o_kanban_record');
  await picture(page, 'meetings');
  await page.click('.o_kanban_record:has-text("Sprint review")');
  await page.waitForSelector('.o_form_view .o_statusbar_status');
  await page.waitForTimeout(800);
  await picture(page, 'meeting');
}

async function onAPhone() {
  const someone = await person({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, locale: 'en-GB', timezoneId: 'Asia/Jakarta' });
  await logIn(someone.page);
  await open(someone.page, '/odoo/o-meet', '.o_omeet_card');
  const overflow = await someone.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `nothing runs over the edge: ${overflow} px`);
  await accessible(someone);
  await picture(someone.page, 'phone');
  await someone.context.close();
}

// A guest has booked: the host answers where the activity is read.
async function answersABooking({ page }) {
  await open(page, `/odoo/o-meet-bookings/${BOOKING_ID}`, '.o-mail-Activity .o_omeet_confirm');
  await picture(page, 'booking');
  await page.click('.o-mail-Activity .o_omeet_confirm');
  await page.waitForSelector('.o_statusbar_status .o_arrow_button_current:has-text("Confirmed")');
  await page.waitForSelector('.o-mail-Activity .o_omeet_confirm', { state: 'detached' });
}

async function offersTime({ page, context }) {
  await open(page, '/odoo/o-meet', '.o_omeet_dashboard');
  await page.click('.o_user_menu button');
  await page.click('[data-menu=settings], [data-menu=preferences]');
  const row = page.locator('[name=omeet_booking_link_ids] .o_data_row');
  const shown = async () => {
    await page.click('.o_form_view .nav-link[name=omeet_booking_links]');
    await row.waitFor();
  };
  await shown();
  await picture(page, 'preferences');
  const copied = async () => {
    await row.locator('.o_clipboard_button').click();
    await page.waitForTimeout(300);
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const before = await copied();
  assert.match(before, new RegExp(`^${OMEET_URL}/book/`));
  await row.locator('button[name=action_regenerate]').click();
  await page.locator('.modal:not(.o_inactive_modal) .modal-footer .btn-primary:visible').last().click();
  await page.waitForFunction((url) => document.querySelector('.nav-link[name=omeet_booking_links]') && !document.body.textContent.includes(url), before);
  await shown();
  const after = await copied();
  assert.match(after, new RegExp(`^${OMEET_URL}/book/`));
  const [old, fresh] = await Promise.all([before, after].map((url) => context.request.get(url)));
  assert.deepEqual([old.status(), fresh.status()], [404, 200]);
}

async function guest() {
  const { page, context } = await person();
  await page.goto(`${ODOO_URL}/o-meet/join/${LIVE_CODE}`);
  assert.ok(page.url().startsWith(`${OMEET_URL}/j/${LIVE_CODE}`), page.url());
  await page.waitForSelector('input');
  await picture(page, 'guest');
  await context.close();
}

const ana = await person();
await logIn(ana.page);
for (const part of [newMeetingOpensItsTab, keyboardAlone, copies, accessible, hearsOfOthers, photographs, onAPhone, answersABooking, offersTime, guest]) {
  await part(ana);
  console.log(`ok: ${part.name}`);
}
assert.deepEqual(errors, [], 'no script error');
await browser.close();
