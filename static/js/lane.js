// saveFile gives the reader a file, and then goes to an address, if there is one.
function saveFile(name, blob, then) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  say('Saved ' + name);
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  if (then) setTimeout(() => location.assign(then), 500); // the browser has taken the file by then
}

// form[data-then] downloads a key, which leaves once, and goes on.
addEventListener('submit', event => {
  const form = event.target, by = event.submitter;
  if (!form.dataset.then) return;
  event.preventDefault();
  busy(form, by, async () => {
    const answer = await post(form.action, form, by);
    if (!answer.ok) { await take(answer); return; }
    const name = /filename="?([^";]+)/.exec(answer.headers.get('Content-Disposition'))?.[1];
    saveFile(name || form.action.split('/').pop(), await answer.blob(), form.dataset.then);
  });
});

// --- the browser lane: the client's key is made here and leaves only where the reader says so -----
//
// form[data-browser-lane] makes certificates; its radio maker=browser is enabled where WebCrypto is there.
// [data-browser-key] is shown while this page holds a key; [data-save-key] saves it in bundle.zip, and is the first action
// until then, before [data-after-key]; [data-key-saved] says that it was.
{
  let held = null; // {key, saved, lent}; a reload forgets it
  let maker = 'browser';

  arrivals.push(root => {
    for (const form of within(root, 'form[data-browser-lane]')) {
      const radio = $('input[name="maker"][value="browser"]', form);
      if (!radio || !OnrampCSR.supported()) continue;
      radio.disabled = false;
      radio.checked = maker === 'browser';
    }
    for (const e of within(root, '[data-browser-key]')) e.hidden = !held;
    const unsaved = held && !held.saved;
    for (const e of within(root, '[data-key-saved]')) e.hidden = !held?.saved;
    for (const e of within(root, '[data-save-key]')) e.classList.toggle('go', !held?.saved);
    for (const e of within(root, '[data-after-key]')) e.classList.toggle('go', !unsaved);
  });
  arrive(document);

  addEventListener('change', event => {
    const { name, value, form } = event.target;
    if (name === 'maker') maker = value;
    if (form?.matches('[data-browser-lane]')) form.elements.key_type?.setCustomValidity('');
  });

  // Before the general listener, which would send the form as it is.
  addEventListener('submit', event => {
    const form = event.target, by = event.submitter;
    const makes = form.matches('[data-browser-lane]') && form.elements.maker?.value === 'browser';
    const keeps = held && form.matches('#keys [data-enhance]');
    if (!makes && !keeps) return;
    event.preventDefault();
    busy(form, by, () => (makes ? make(form, by) : keep(form, by)));
  }, true);

  async function make(form, by) {
    const fields = form.elements, type = fields.key_type.value;
    if (!type.startsWith('ec-p')) {
      fields.key_type.setCustomValidity('A browser makes ECDSA keys. Choose one, or let Onramp make the key.');
      fields.key_type.reportValidity();
      return;
    }
    const lent = fields.lend.checked;
    const made = await OnrampCSR.create({ cn: fields.common_name.value.trim(), o: fields.organization.value.trim(), curve: 'P-' + type.slice(4) });
    const answer = await post(form.action, form, by, {
      csr: made.csr, lent_key: lent ? made.key : '', ...(held ? { browser_key: '1' } : {}),
    });
    if (answer.status === 200) held = { key: made.key, saved: false, lent };
    await take(answer);
    if (held && answer.status === 200) {
      say('Certificates made. Save the key before you close this tab.');
      byID('keys')?.scrollIntoView({ block: 'nearest' });
    }
  }

  // Lending the key, taking it back: in place, because another page would forget it.
  async function keep(form, by) {
    const lend = form.elements.lend?.value === 'on';
    const answer = await post(form.action, form, by, { browser_key: '1', ...(lend ? { lent_key: held.key } : {}) });
    if (answer.ok && form.elements.lend) held.lent = lend;
    await take(answer);
  }

  addEventListener('click', event => {
    const button = event.target.closest?.('[data-save-key]');
    if (!button || !held) return;
    busy(button.closest('section') || document.body, button, async () => {
      const { name, files } = await (await fetch(location.pathname.replace(/\/$/, '') + '/files.json')).json();
      const archive = OnrampCSR.zip([...files, { name: 'client.key', text: held.key, mode: 0o600 }]);
      held.saved = true;
      saveFile(name, new Blob([archive], { type: 'application/zip' }), button.dataset.then);
      arrive(document);
    });
  });

  // A key that nobody saved would be lost; in a rehearsal the lent copy is enough.
  addEventListener('beforeunload', event => {
    if (held && !held.saved && !(held.lent && 'rehearsal' in document.body.dataset)) event.preventDefault();
  });
}
