// Chromium, and visitors who write down everything that could leak or break on the way.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import assert from 'node:assert/strict';

const packages = process.env.OMEET_NODE_PACKAGES;
const require = createRequire(packages ? `${packages}/package.json` : import.meta.url);
const { chromium } = require('playwright-core');
const axe = require('axe-core');

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

export function startBrowser() {
  const found = [process.env.OMEET_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
  assert.ok(found, 'Chromium is not installed; set OMEET_CHROMIUM');
  return chromium.launch({ executablePath: found, args: ARGUMENTS });
}

function record(context) {
  const seen = { requests: [], violations: [], errors: [] };
  context.on('request', async (request) => seen.requests.push({ url: request.url(), referer: (await request.allHeaders().catch(() => ({}))).referer ?? null }));
  context.on('console', (message) => {
    if (/Content Security Policy|Trusted ?Type/i.test(message.text())) seen.violations.push(message.text());
  });
  context.on('weberror', (error) => seen.errors.push(String(error.error())));
  return seen;
}

// A visitor with a browser of their own; `options` are Playwright's for a context.
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/London', ...options });
  context.setDefaultTimeout(10_000);
  const seen = record(context), page = await context.newPage();
  return { page, context, seen, leave: () => context.close() };
}

export const nothingBroke = ({ seen }) => {
  assert.deepEqual(seen.violations, [], 'no breach of the content security policy');
  assert.deepEqual(seen.errors, [], 'no script error');
};

// WCAG 2.2 A and AA as far as a program can check them.
export async function accessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`), [], `accessible: ${page.url()}`);
}
