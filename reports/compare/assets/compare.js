
// Filters, one for each comparison of the page.
for (const part of every('.comparison')) {
  const form = one('.filter', part);
  if (!form) continue;
  const items = every('.item', part), count = one('.count', part);
  const query = one('.q', form), kind = one('.f-kind', form), cls = one('.f-class', form), section = one('.f-section', form);
  const words = new Map();
  const text = (item) => {
    if (!words.has(item)) words.set(item, item.textContent.toLowerCase());
    return words.get(item);
  };
  const filter = () => {
    const terms = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const item of items) {
      item.hidden = !((!kind.value || item.dataset.kind === kind.value) && (!cls.value || item.dataset.class === cls.value) &&
        (!section.value || item.dataset.section.split(' ').includes(section.value)) && terms.every((t) => text(item).includes(t)));
      if (!item.hidden) n++;
    }
    for (const box of every('.cause, .group', part)) box.hidden = !every('.item', box).some((i) => !i.hidden);
    count.replaceChildren(n === items.length ? 'All ' + several(n, 'change') : n + ' of ' + several(items.length, 'change'));
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (e) => e.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  part.addEventListener('reveal', (e) => { if (e.target.hidden) { form.reset(); filter(); } });
  filter();
}

// A link to a change opens it, also where the filter hides it.
function reveal() {
  const item = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!item || !item.classList.contains('item')) return;
  item.dispatchEvent(new Event('reveal', { bubbles: true }));
  item.open = true;
  item.scrollIntoView({ block: 'start' });
  one('summary', item).focus({ preventScroll: true });
}
addEventListener('hashchange', reveal);
addEventListener('keydown', (e) => {
  const query = one('.q');
  if (e.key === '/' && query && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    query.focus();
    query.scrollIntoView({ block: 'center' });
  }
});
reveal();
