// --- waiting: one clock. The server says how long, this page counts on from when it heard -------
//
// [data-left=ms]   time until something happens: counts down, "in 3 s", then "now"
// [data-since=ms]  time since something began: counts on
// form[data-every=s]  is sent every so many seconds while the page is seen, 60 times at most
{
  const heard = new WeakMap();

  const show = element => {
    const passed = performance.now() - heard.get(element);
    let text;
    if (element.dataset.left) {
      const left = Math.ceil((element.dataset.left - passed) / 1000);
      text = left > 0 ? `in ${left} s` : 'now';
    } else {
      const s = Math.floor((Number(element.dataset.since) + passed) / 1000);
      text = s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
    }
    if (element.textContent !== text) element.textContent = text;
  };

  const all = root => within(root, '[data-left], [data-since]');

  arrivals.push(root => {
    for (const element of all(root)) { heard.set(element, performance.now()); show(element); }
  });
  arrive(document);

  const rounds = new Map(); // by the form's id, as the form itself is swapped
  const again = form => {
    const now = performance.now(), round = rounds.get(form.id) ?? { at: now + 1000, left: 60 };
    rounds.set(form.id, round);
    if (now < round.at || !round.left || form.ariaBusy) return;
    Object.assign(round, { at: now + form.dataset.every * 1000, left: round.left - 1 });
    post(form.action, form).then(answer => answer.ok && take(answer)).catch(() => {}); // the next round may reach it
  };
  setInterval(() => { if (!document.hidden) { all(document).forEach(show); $$('form[data-every]').forEach(again); } }, 500);
}
