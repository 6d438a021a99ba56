// --- waiting: one clock. The server says how long, this page counts on from when it heard -------
//
// [data-left=ms]   time until something happens: counts down, "in 3 s", then "now"
// [data-since=ms]  time since something began: counts on
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
  setInterval(() => { if (!document.hidden) for (const element of all(document)) show(element); }, 500);
}
