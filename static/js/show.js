// --- a shown rehearsal goes on by itself, until the reader does anything on the page --------------
//
// form[data-rest=ms]   is sent after so long; [data-resting] says so meanwhile, [data-hold] stops it
{
  let timer;

  const hold = () => {
    clearTimeout(timer);
    for (const e of $$('[data-resting]')) e.hidden = true;
  };

  arrivals.push(root => {
    for (const form of within(root, 'form[data-rest]')) {
      clearTimeout(timer);
      $('[data-resting]', form).hidden = false;
      timer = setTimeout(() => {
        if (form.isConnected && !document.hidden) form.requestSubmit();
        else hold();
      }, form.dataset.rest);
    }
  });
  arrive(document);

  for (const sign of ['pointerdown', 'keydown', 'wheel', 'touchmove']) addEventListener(sign, hold, { passive: true });
}
