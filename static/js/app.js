// Onramp in the browser. Every page works without this file; it only shortens the way.
//
// What the pages may use:
//   <live-feed src>               the page's one event stream; data-state is live, retry, lost, paused or done
//   <copy-button for name label>  copies the text of the element with that id
//   <code-tabs group label>       its <section data-name> children become tabs
//   form[data-once]               posted when the page is shown
//   form[data-enhance]            posted with fetch; what comes back is swapped in by id
//   input[data-preview=path]      its form is posted to path as you type; what comes back is swapped in
//   button[data-theme-set=light|dark|auto] in a form that posts to /theme
//   button[data-open=id], button[data-close], commandfor: dialogs
//   button[data-reveal=id]        shows and hides a password field
//   [data-grow=id]                a part that is new goes to the top of the list with that id
//   [data-js]                     hidden in the page, shown when this file runs
//   [data-for=id]                 shown while the radio button with that id is chosen
//   #say, #alarm                  live regions: polite, assertive;  #toast: a passing word
'use strict';

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const byID = id => document.getElementById(id);

// The one place where text of the server becomes markup.
const policy = globalThis.trustedTypes?.createPolicy('onramp', { createHTML: text => text });

// --- words: at most one polite sentence a second, the newest; failures at once ------------------

let pending, lastSaid = 0;

function say(text, urgent) {
  const region = byID(urgent ? 'alarm' : 'say');
  if (!region) return;
  const put = () => { region.textContent = ''; setTimeout(() => { region.textContent = text; }, 50); };
  if (urgent) { put(); return; }
  clearTimeout(pending);
  pending = setTimeout(() => { lastSaid = Date.now(); put(); }, Math.max(0, lastSaid + 1000 - Date.now()));
}

let toastTimer;

function toast(text) {
  const box = byID('toast');
  if (!box) { say(text); return; }
  box.textContent = text;
  clearTimeout(toastTimer);
  const fade = () => {
    if (box.matches(':hover, :focus-within')) toastTimer = setTimeout(fade, 1000);
    else box.textContent = '';
  };
  toastTimer = setTimeout(fade, 6000);
}

// --- swap: server-rendered fragments take the place of the elements with their ids --------------

// Keeps focus, open <details>, scroll and what was typed; never moves them. What the server sends twice is
// swapped in once.
const seen = new Map();

function swap(text) {
  const box = document.createElement('template');
  box.innerHTML = policy ? policy.createHTML(text) : text;
  for (const next of [...box.content.children]) {
    const old = next.id && byID(next.id);
    if (!old && next.dataset.grow) { // a new row of a list
      byID(next.dataset.grow)?.prepend(next);
      arrive(next);
    }
    if (!old || seen.get(next.id) === next.outerHTML || old.isEqualNode(next)) continue;
    seen.set(next.id, next.outerHTML);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    for (const was of within(old, 'details[id]')) {
      // what the reader opened stays open; what the server opens now, opens
      const now = within(next, '#' + CSS.escape(was.id))[0];
      if (now && was.open) now.open = true;
    }
    for (const was of $$('input[id]:not([type=hidden], [type=file]), textarea[id]', old)) {
      const now = $('#' + CSS.escape(was.id), next);
      if (now && now.defaultValue === was.defaultValue && was.value !== was.defaultValue) now.value = was.value;
    }
    old.replaceWith(next);
    arrive(next);
    if (focused) {
      for (const heir of [twinOf(focused, next), next, byID('main')]) {
        if (!heir) continue;
        if (heir.tabIndex < 0) heir.tabIndex = -1; // what a person stood on is gone: beside it
        heir.focus({ preventScroll: true });
        if (document.activeElement === heir) break;
      }
    }
  }
}

// twinOf is what took an element's place in root: the one with its id or key, else the one that looks like it, else the
// only one that leads where it led, whatever it says now.
function twinOf(e, root) {
  const name = CSS.escape(e.id || e.dataset.key || '');
  if (name) return within(root, `#${name}, [data-key="${name}"]`)[0];
  const like = within(root, e.localName).filter(o => ['href', 'name', 'value', 'aria-label'].every(a => o.getAttribute(a) === e.getAttribute(a)));
  return like.find(o => o.textContent === e.textContent) ?? (e.hasAttribute('href') && like.length === 1 ? like[0] : undefined);
}

// At the end of a run the page becomes what a reload would show: the steps, the table of runs and what can be done next
// are not in the stream. Where that fails, it is tried again, and then the page stays as the stream left it.
async function refresh(tries = 3) {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!answer.ok) throw answer;
    const text = await answer.text();
    const page = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, 'text/html');
    swap(['rail', 'main'].map(id => page.getElementById(id)?.outerHTML ?? '').join(''));
    if (!$('live-feed', page)) $('live-feed')?.stop('done');
  } catch {
    if (tries > 1) setTimeout(refresh, 2000, tries - 1);
    else if ($('live-feed')?.over) $('live-feed').stop('done');
  }
}

// arrivals are told of every part that comes into the page, the whole of it first.
const arrivals = [
  root => { for (const e of within(root, '[data-js]')) e.hidden = false; },
  root => { for (const e of within(root, '[data-for]')) e.hidden = !byID(e.dataset.for)?.checked; },
];
const arrive = root => { for (const act of arrivals) act(root); };
// A row of links that scrolls by itself shows the one of this page.
for (const here of $$('nav [aria-current]')) {
  const row = here.closest('ul');
  if (row) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

function within(root, selector) {
  return [...(root.matches?.(selector) ? [root] : []), ...$$(selector, root)];
}

addEventListener('change', event => {
  if (event.target.type === 'radio') arrivals[1](document);
});

// --- <live-feed>: one EventSource, closed while the tab is hidden -------------------------------
// A browser allows six streams to one address over HTTP/1.1; a hidden tab must not hold one. It looks now and then
// whether the run that it shows has ended: its title and its icon say so.

customElements.define('live-feed', class extends HTMLElement {
  connectedCallback() {
    this.look = () => {
      clearInterval(this.poll);
      if (!document.hidden) { this.start(); return; }
      this.stop('paused');
      if (this.ofRun()) this.poll = setInterval(() => (this.over ? clearInterval(this.poll) : refresh(1)), 5000);
    };
    document.addEventListener('visibilitychange', this.look);
    addEventListener('pagehide', this.leave = () => this.stop('paused'));
    addEventListener('pageshow', this.look);
    this.look();
  }

  ofRun() { return /[?&]on=(run:|replace)/.test(this.getAttribute('src')); } // or of a replacement: it ends, too

  disconnectedCallback() {
    clearInterval(this.poll);
    document.removeEventListener('visibilitychange', this.look);
    removeEventListener('pagehide', this.leave);
    removeEventListener('pageshow', this.look);
    this.stop('paused');
  }

  start() {
    if (this.source || this.over) return;
    const address = new URL(this.getAttribute('src'), location.href);
    if (this.last) address.searchParams.set('after', this.last);
    const source = this.source = new EventSource(address);
    const on = (name, act) => source.addEventListener(name, event => {
      if (event.lastEventId) this.last = event.lastEventId;
      act(event.data);
    });
    on('swap', swap);
    on('say', text => say(text));
    on('alarm', text => say(text, true));
    on('end', () => {
      this.over = true;
      this.stop(this.ofRun() ? 'live' : 'done');
      if (this.ofRun()) refresh();
    });
    source.onopen = () => { this.dataset.state = 'live'; };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) { this.dataset.state = 'retry'; return; }
      this.stop('lost'); // the server said no; ask again slowly
      setTimeout(() => { if (this.isConnected && !document.hidden) this.start(); }, 10000);
    };
  }

  stop(state) {
    this.source?.close();
    this.source = null;
    this.over ||= state === 'done';
    if (this.dataset.state !== 'done') this.dataset.state = state;
  }
});

// --- <copy-button>: the Clipboard API needs a secure context, so fall back to the selection -----

customElements.define('copy-button', class extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn sm';
    button.dataset.key = 'copy-' + this.getAttribute('for');
    button.textContent = this.getAttribute('label') || 'Copy';
    button.setAttribute('aria-label', this.getAttribute('name') || button.textContent);
    button.addEventListener('click', () => this.copy(button));
    this.replaceChildren(button);
  }

  async copy(button) {
    const from = byID(this.getAttribute('for'));
    if (!from) return;
    let done = true;
    try {
      await navigator.clipboard.writeText(from.dataset.copy ?? from.value ?? from.textContent);
    } catch {
      if (from.select) from.select();
      else getSelection().selectAllChildren(from);
      done = document.execCommand('copy');
    }
    const label = this.getAttribute('label') || 'Copy';
    button.textContent = done ? 'Copied' : 'Press Ctrl+C';
    say(done ? 'Copied to the clipboard' : 'Selected: press Control C to copy');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { button.textContent = label; }, 2000);
  }
});

// --- <code-tabs>: all panels one below the other without this script, tabs with it --------------

customElements.define('code-tabs', class extends HTMLElement {
  connectedCallback() {
    if (this.tabs) return;
    this.panels = $$(':scope > section', this);
    const list = document.createElement('div');
    list.setAttribute('role', 'tablist');
    list.setAttribute('aria-label', this.getAttribute('label') || 'Choice');
    this.tabs = this.panels.map(panel => {
      const tab = document.createElement('button');
      tab.type = 'button';
      tab.id = panel.id + '-tab';
      tab.textContent = panel.dataset.name;
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', panel.id);
      tab.addEventListener('click', () => this.pick(panel.dataset.name, true));
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', tab.id);
      return tab;
    });
    list.append(...this.tabs);
    list.addEventListener('keydown', event => this.move(event));
    this.prepend(list);
    let want = this.getAttribute('value');
    try { want = localStorage.getItem('tab:' + this.getAttribute('group')) || want; } catch { /* not allowed here */ }
    this.pick(this.panels.some(p => p.dataset.name === want) ? want : this.panels[0]?.dataset.name);
  }

  move(event) {
    const at = this.tabs.indexOf(document.activeElement), n = this.tabs.length;
    const to = { ArrowRight: (at + 1) % n, ArrowLeft: (at + n - 1) % n, Home: 0, End: n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.tabs[to].focus();
    this.tabs[to].click();
  }

  pick(name, byReader) {
    this.panels.forEach((panel, i) => {
      const on = panel.dataset.name === name;
      panel.hidden = !on;
      this.tabs[i].setAttribute('aria-selected', on);
      this.tabs[i].tabIndex = on ? 0 : -1;
    });
    if (!byReader) return;
    const group = this.getAttribute('group');
    try { localStorage.setItem('tab:' + group, name); } catch { /* not allowed here */ }
    for (const other of $$('code-tabs')) {
      if (other !== this && other.getAttribute('group') === group && other.panels.some(p => p.dataset.name === name)) other.pick(name);
    }
  }
});

// --- forms --------------------------------------------------------------------------------------

// post sends a form's fields and returns the answer; a form without files goes as plain fields.
function post(address, form, submitter, more) {
  const fields = new FormData(form, submitter);
  for (const [name, value] of Object.entries(more || {})) fields.set(name, value);
  const body = form.enctype === 'multipart/form-data' ? fields : new URLSearchParams(fields);
  return fetch(address, { method: 'POST', body, headers: { 'X-Fragment': '1' } });
}

// take shows an answer: another page when the server sent us there, else the fragments in it.
async function take(answer) {
  if (answer.redirected) { location.assign(answer.url); return true; }
  swap(await answer.text());
  $('[aria-invalid="true"]')?.focus();
}

// busy marks a form while work is under way, and keeps it from being sent twice.
async function busy(form, submitter, work) {
  if (form.getAttribute('aria-busy') === 'true') return;
  form.setAttribute('aria-busy', 'true');
  submitter?.setAttribute('aria-disabled', 'true');
  const idle = () => {
    form.removeAttribute('aria-busy');
    submitter?.removeAttribute('aria-disabled');
  };
  try {
    if (await work()) addEventListener('pageshow', idle, { once: true }); // it leads away; the reader may come back
    else idle();
  } catch {
    toast('Onramp did not answer. Check that it still runs, then try again.');
    idle();
  }
}

addEventListener('submit', event => {
  const form = event.target, by = event.submitter;
  if (event.defaultPrevented || !form.matches('[data-enhance]')) return;
  event.preventDefault();
  busy(form, by, async () => take(await post(by?.hasAttribute('formaction') ? by.formAction : form.action, form, by)));
});

// Preview as you type: the newest answer wins.
let previewTimer, previews = 0;

addEventListener('input', event => {
  const input = event.target;
  if (!input.matches?.('[data-preview]')) return;
  clearTimeout(previewTimer);
  previewTimer = setTimeout(async () => {
    const mine = ++previews;
    try {
      const answer = await post(input.dataset.preview, input.form);
      const text = await answer.text();
      if (mine === previews && answer.ok) swap(text);
    } catch { /* the form itself will say */ }
  }, 200);
});

// "/" goes to the search field, unless somebody types.
addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, textarea, select, [contenteditable]')) return;
  event.preventDefault();
  byID('find-all')?.select();
});

// --- small things: theme, dialogs, secrets -------------------------------------------------------

addEventListener('click', event => {
  const button = event.target.closest?.('[data-theme-set], [data-open], [data-close], [data-reveal], [commandfor]');
  if (!button) return;
  const { themeSet, open, reveal: field } = button.dataset;
  if (themeSet) {
    event.preventDefault();
    if (themeSet === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = themeSet;
    for (const other of $$('[data-theme-set]')) other.setAttribute('aria-pressed', other === button);
    if (button.form) post(button.form.action, button.form, button).catch(() => {}); // so that the next page has it from the start
  } else if (open) {
    event.preventDefault();
    byID(open)?.showModal();
  } else if ('close' in button.dataset) {
    button.closest('dialog')?.close();
  } else if (field) {
    const input = byID(field), show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    button.setAttribute('aria-pressed', show);
    button.textContent = show ? 'Hide' : 'Show';
  } else if (!('commandForElement' in HTMLButtonElement.prototype)) {
    const dialog = byID(button.getAttribute('commandfor'));
    if (button.getAttribute('command') === 'show-modal') dialog?.showModal();
    else dialog?.close();
  }
});

arrive(document);
for (const form of $$('form[data-once]')) post(form.action, form).catch(() => {}); // a program that only fetches pages sends none
