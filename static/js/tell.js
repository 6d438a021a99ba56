// --- telling: the tab's title and icon, and a word when a run ends, for who asked for it ---------
//
// #run-sign   how the run of this page stands: data-page-title, data-icon, data-over
// #tell-me    a button: asks the browser to be told; the answer holds for later runs too
{
  const may = () => globalThis.Notification && Notification.permission !== 'denied';
  const asked = () => {
    try { return may() && Notification.permission === 'granted' && localStorage.getItem('tell') === '1'; } catch { return false; }
  };
  let under = false;

  arrivals.push(root => {
    for (const sign of within(root, '#run-sign')) {
      const { pageTitle, icon, over } = sign.dataset;
      document.title = pageTitle;
      $('link[rel="icon"]').href = icon;
      if (under && over !== undefined && document.hidden && asked()) {
        try { new Notification(pageTitle, { tag: location.pathname, icon }); } catch { /* phones take none from a page */ }
      }
      under = over === undefined;
    }
    for (const button of within(root, '#tell-me')) {
      button.hidden = !may();
      button.setAttribute('aria-pressed', asked());
    }
    // a moment in the reader's own zone, beside UTC
    for (const e of within(root, 'time[title]')) {
      const at = new Date(e.dateTime);
      if (at.getTimezoneOffset()) e.title = e.title.split(' · ')[0] + ' · ' + at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'long' });
    }
  });

  addEventListener('click', async event => {
    const button = event.target.closest?.('#tell-me');
    if (!button) return;
    const on = !asked();
    if (on) await Notification.requestPermission();
    try { localStorage.setItem('tell', on ? '1' : ''); } catch { /* not allowed here */ }
    button.hidden = !may();
    button.setAttribute('aria-pressed', asked());
    if (on && asked()) say('You will be told when it ends, if you look at another tab then');
  });
  arrive(document);
}
