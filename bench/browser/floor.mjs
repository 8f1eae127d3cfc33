// The floor of the figures: the list's own markup and style on a page without a program. Twenty lines by hand window the rows and open
// the panel; nothing follows any change. What it takes is what this machine needs for layout, paint and a busy server beside it.

/** The list as it stands in `page`, the panel open, as a page by itself with `total` rows. */
export async function floorPage(page, total) {
  const html = await page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true);
    for (const one of copy.querySelectorAll('script, link[rel=preload]')) one.remove();
    return `<!DOCTYPE html>${copy.outerHTML}`;
  });
  const floor = await page.context().newPage();
  // Any page will do, for its address; its program stays away.
  await floor.route(/\.(js|wasm)$/, (route) => route.abort());
  await floor.goto('/signin');
  await floor.setContent(html);
  await floor.evaluate((total) => {
    const box = document.querySelector('.table-wrap');
    const body = box.querySelector('tbody');
    const known = [...body.querySelectorAll('tr[data-id]')];
    const [above, below] = body.querySelectorAll('tr.gap');
    const row = known[0].getBoundingClientRect().height;
    const BEYOND = 480;
    const panel = document.querySelector('aside.panel');
    const split = panel.parentElement;
    const shown = new Map();
    const show = () => {
      const first = Math.floor(Math.max(0, box.scrollTop - BEYOND) / row);
      const last = Math.min(total, Math.ceil((box.scrollTop + box.clientHeight + BEYOND) / row));
      for (const [at, one] of shown) if (at < first || at >= last) (one.remove(), shown.delete(at));
      for (let at = last - 1, next = below; at >= first; at -= 1) {
        if (!shown.has(at)) {
          const one = known[at % known.length].cloneNode(true);
          body.insertBefore(one, next);
          shown.set(at, one);
        }
        next = shown.get(at);
      }
      above.style.blockSize = `${first * row}px`;
      below.style.blockSize = `${(total - last) * row}px`;
    };
    for (const one of known) one.remove();
    panel.remove();
    box.addEventListener('scroll', show);
    body.addEventListener('click', () => split.append(panel));
    document.addEventListener('keydown', (event) => event.key === 'Escape' && panel.remove());
    box.scrollTop = 0;
    show();
  }, total);
  return floor;
}
