// Judges pages with Lighthouse in a Chromium that runs already, one after the other. Arguments: its port for the DevTools, the
// categories with commas between them, and "provided" to judge as fast as this machine is, or "simulate" for Lighthouse's
// slow telephone. Each line of the input is {"url", "form": "mobile" or "desktop"}, each line of the output {"url", "form",
// "scores": {category: 0 to 100}, "failing": [text]}.
import { createInterface } from 'node:readline';
import lighthouse, { desktopConfig } from 'lighthouse';
import puppeteer from 'puppeteer-core';

const [port, categories, throttling] = process.argv.slice(2);
// A window of its own: only the first tab of a window paints, and others are judged meanwhile.
const browser = await puppeteer.connect({ browserURL: 'http://127.0.0.1:' + port, defaultViewport: null });
const page = await (await browser.createBrowserContext()).newPage();
// What waits for a page that is quiet already waits for nothing: our pages have at most one stream, and no third party.
const quick = throttling === 'provided' ? { throttlingMethod: 'provided', pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 100, cpuQuietThresholdMs: 100 } : {};
for await (const line of createInterface({ input: process.stdin })) {
  const { url, form } = JSON.parse(line);
  const flags = { port: Number(port), onlyCategories: categories.split(','), logLevel: 'error', output: 'json', disableFullPageScreenshot: true, ...quick };
  const { lhr } = await lighthouse(url, flags, form === 'desktop' ? desktopConfig : undefined, page);
  const scores = {}, failing = [];
  if (lhr.runtimeError) failing.push(lhr.runtimeError.message);
  for (const [id, category] of Object.entries(lhr.categories)) {
    scores[id] = Math.round((category.score ?? 0) * 100);
    for (const { id: name, weight } of category.auditRefs) {
      const audit = lhr.audits[name];
      if (weight === 0 || audit.score === null || audit.score >= 0.9) continue;
      const at = (audit.details?.items ?? []).slice(0, 3).map(i => i.node?.selector ?? i.node?.snippet ?? i.source ?? i.url ?? i.description ?? '').filter(Boolean);
      failing.push(`${id}: ${audit.title} (${name})${audit.displayValue ? ', ' + audit.displayValue : ''}${at.length ? ' at ' + at.join(' | ') : ''}`);
    }
  }
  console.log(JSON.stringify({ url, form, scores, failing }));
}
await browser.disconnect();
