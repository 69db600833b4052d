// Service, stand-in and browser for one test file, and the steps that visitors take.
import { after, before } from 'node:test';
import { startBrowser, visitor } from './browser.mjs';
import { startJitsiStandIn } from '../jitsi_stand_in.mjs';
import { startService } from './service.mjs';

export function house(settings) {
  const it = { visitors: [] };
  before(async () => {
    it.jitsi = await startJitsiStandIn();
    it.service = await startService(it.jitsi.url, settings);
    it.browser = await startBrowser();
  });
  after(async () => {
    await it.browser?.close();
    await it.service?.stop();
    await it.jitsi?.stop();
  });
  it.visit = async (link, options) => {
    const one = await visitor(it.browser, options);
    one.response = await one.page.goto(link.startsWith('http') ? link : it.service.url + link);
    return one;
  };
  it.meeting = (params = {}) => it.service.call('meeting.instant', { name: 'Weekly review', ...params });
  it.hostLink = (meeting) => meeting.participants.find((person) => person.role === 'host').join_url;
  return it;
}

export const HOST = { name: 'Hana Host', email: 'hana@example.com', role: 'host' };
export const minutesFromNow = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

export async function giveName(page, name = 'Gita Guest') {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
}

// Some ways lead straight in, others over a last button.
export async function goIn(page) {
  const button = page.getByRole('button', { name: 'Enter the meeting' });
  const frame = page.locator('iframe');
  await button.or(frame).first().waitFor();
  if (await button.isVisible().catch(() => false)) await button.click().catch(() => {});
}

export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
export const tokenIn = (hash) => new URLSearchParams(hash.slice(1)).get('jwt');
