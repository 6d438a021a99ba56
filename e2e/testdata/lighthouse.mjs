// Judges pages with Lighthouse in a Chromium that runs already. Arguments: its port for the DevTools, and the categories,
// with commas between them. Each line of the input is {"url", "form": "mobile" or "desktop"}, each line of the output
// {"url", "form", "scores": {category: 0 to 100}, "failing": [text]}.
import { createInterface } from 'node:readline';
import lighthouse, { desktopConfig } from 'lighthouse';

const [port, categories] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  const { url, form } = JSON.parse(line);
  const flags = { port: Number(port), onlyCategories: categories.split(','), logLevel: 'error', output: 'json', disableFullPageScreenshot: true };
  const { lhr } = await lighthouse(url, flags, form === 'desktop' ? desktopConfig : undefined);
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
