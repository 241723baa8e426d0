
// Filter and search.
const rows = every('.req');
const parts = every('.part');
const query = one('#q'), level = one('#level'), section = one('#section'), profile = one('#profile'), found = one('#found');
const boxes = every('input[name=outcome]');
let picked = null; // ids behind a click in the diagram, and what was clicked

const words = new Map();
function text(row) {
  let t = words.get(row);
  if (t === undefined) {
    t = (one('summary', row).textContent + ' ' + every('.body > .reason, .body > .story, .body > .facts', row).map((e) => e.textContent).join(' ')).toLowerCase();
    words.set(row, t);
  }
  return t;
}
function filter() {
  const wanted = boxes.filter((b) => b.checked).map((b) => b.value);
  const terms = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const part of parts) {
    let here = 0;
    for (const row of every('.req', part)) {
      const show = (!picked || picked.ids.has(row.id.slice(4))) &&
        (!wanted.length || wanted.includes(row.dataset.o)) &&
        (!level.value || row.dataset.l === level.value) &&
        (!profile || !profile.value || (row.dataset.p || '').split(' ').includes(profile.value)) &&
        (!section.value || part.dataset.section === section.value) &&
        terms.every((t) => text(row).includes(t));
      row.hidden = !show;
      if (show) here++;
    }
    part.hidden = !here;
    n += here;
  }
  found.replaceChildren(n === rows.length ? 'All ' + n + ' requirements' : n + ' of ' + rows.length + ' requirements');
  if (picked) {
    const chip = el('button', 'chip', picked.label + ' ✕');
    chip.type = 'button';
    chip.setAttribute('aria-label', 'Show all again, not only ' + picked.label);
    chip.addEventListener('click', () => { picked = null; filter(); query.focus(); });
    found.append(' · ', chip);
  }
}
const form = one('.filter');
let waiting = 0;
form.addEventListener('input', () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(filter); });
form.addEventListener('submit', (e) => e.preventDefault());
form.addEventListener('reset', () => { picked = null; setTimeout(filter); });
function reset() { form.reset(); picked = null; filter(); }
filter();

for (const a of every('a[data-pick]')) a.addEventListener('click', () => {
  picked = null;
  form.reset();
  for (const b of boxes) b.checked = b.value === a.dataset.pick;
  setTimeout(() => { for (const b of boxes) b.checked = b.value === a.dataset.pick; filter(); });
});
for (const a of every('.diagram a')) a.addEventListener('click', (e) => {
  const ids = a.dataset.ids.split(' ');
  e.preventDefault();
  form.reset();
  setTimeout(() => {
    picked = { ids: new Set(ids), label: one('title', a).textContent.split('. ')[0] };
    filter();
    open(ids[0], ids.length === 1);
    if (location.hash !== '#req-' + ids[0]) history.pushState(null, '', '#req-' + ids[0]);
  });
});

// open shows a requirement, and its contents where unfold is set.
function open(id, unfold) {
  const row = document.getElementById('req-' + id);
  if (!row) return;
  if (row.hidden) reset();
  if (unfold) row.open = true;
  row.scrollIntoView({ block: 'start' });
  one('summary', row).focus({ preventScroll: true });
}
function fromHash() {
  if (location.hash.startsWith('#req-')) open(decodeURIComponent(location.hash.slice(5)), true);
}
document.addEventListener('click', (e) => {
  const a = e.target.closest && e.target.closest('a[href^="#req-"]');
  if (!a || e.defaultPrevented) return;
  e.preventDefault();
  history.pushState(null, '', a.getAttribute('href'));
  fromHash();
});
addEventListener('popstate', fromHash);
addEventListener('keydown', (e) => {
  if (e.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    query.focus();
    query.scrollIntoView({ block: 'center' });
  }
});

// The packed exchanges.
let unpacking;
function unpack() {
  unpacking ||= (async () => {
    const holder = document.getElementById('packed');
    if (!holder) throw new Error('this page has none');
    if (typeof DecompressionStream === 'undefined') throw new Error('this browser cannot unpack them; a newer one can');
    const bytes = Uint8Array.from(atob(holder.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return JSON.parse(await new Response(stream).text());
  })();
  return unpacking;
}
async function fill(details) {
  const into = one('.evidence', details);
  if (!into || into.dataset.state) return;
  into.dataset.state = 'loading';
  into.textContent = 'Unpacking the exchanges…';
  try {
    const data = await unpack();
    const runs = data.runs[details.dataset.req] || [];
    into.replaceChildren(...(runs.length ? runs.flatMap((r) => attempt(data, r, runs.length > 1, details.classList.contains('more'))) : [el('p', 'hint', 'The page holds no exchanges of this requirement; the evidence file does.')]));
    into.dataset.state = 'done';
  } catch (err) {
    into.textContent = 'The exchanges cannot be shown: ' + err.message;
    into.dataset.state = 'failed';
  }
}
document.addEventListener('toggle', (e) => {
  const d = e.target;
  if (d.open && d.dataset.req) fill(d);
}, true);

const purposes = { act: 'under test', way: 'way there', watch: 'watching', look: 'the others', return: 'putting back', prepare: 'preparing' };

function attempt(data, run, again, brief) {
  const out = [];
  const exchanges = run.i.reduce((n, x) => n + (x.n ? 0 : x.c || 1), 0), events = run.i.filter((x) => x.n).length;
  out.push(el('h4', '', (again ? (run.r ? 'Repetition ' + run.r + ', attempt ' : 'Attempt ') + run.n + ': ' : '') + several(exchanges, 'exchange') + ', ' + several(events, 'event') + ' in ' + ms(run.d)));
  if (run.u) out.push(el('p', 'error', run.u));
  if (run.f) out.push(el('p', 'error', run.f));
  if (run.w && !brief) out.push(el('p', 'way', el('b', '', 'Way there'), run.w.join(' → ')));
  out.push(timeline(run));
  out.push(el('p', 'key2', 'Above: the state of user ' + (run.who || '?') + ' as it was first seen; a line for each request, thick for those under test; ▾ for events.' + (run.left ? ' Bodies were left out to keep this page small; the evidence file has them.' : '')));
  const list = el('ol', 'items');
  for (const x of run.i) list.append(item(data, x));
  out.push(list);
  return out;
}

// timeline draws the states of the subject, the requests and the events.
function timeline(run) {
  const length = Math.max(run.d, 1, ...run.i.map((x) => (x.tt || x.t) + (x.d || 0)));
  const at = (t) => (100 * Math.min(Math.max(t, 0), length) / length).toFixed(3) + '%';
  const said = (run.s || []).map((s) => s.s + ' from ' + ms(s.t)).join(', ');
  const s = svg('svg', { class: 'tl', role: 'img', 'aria-label': 'Time line of ' + ms(length) + ': ' + (said || 'no state was seen') });
  s.append(svg('line', { class: 'base', x1: 0, x2: '100%', y1: 54, y2: 54 }));
  (run.s || []).forEach((seg, i, all) => {
    const end = i + 1 < all.length ? all[i + 1].t : length;
    const share = (end - seg.t) / length;
    const kind = /^(RESERVED|TALKING|HOLD)/.test(seg.s) ? 'call' : /^WORK/.test(seg.s) ? 'wrap' : '';
    const g = svg('g', {});
    g.append(svg('title', {}, seg.s + ' from ' + ms(seg.t) + ' to ' + ms(end)));
    g.append(svg('rect', { class: 'seg ' + kind, x: at(seg.t), y: 2, width: (100 * share).toFixed(3) + '%', height: 20 }));
    s.append(g);
    if (share > 0.04) {
      const label = svg('svg', { x: at(seg.t), y: 0, width: (100 * share).toFixed(3) + '%', height: 24 });
      label.append(svg('text', { x: 5, y: 16 }, seg.s));
      s.append(label);
    }
  });
  for (const x of run.i) {
    if (x.n) {
      const mark = svg('svg', { x: at(x.t), y: 26, overflow: 'visible' });
      mark.append(svg('path', { class: x.x ? 'ev dec' : 'ev', d: 'M-4 0h8l-4 7z' }));
      s.append(mark);
      continue;
    }
    for (const t of x.tt ? [x.t, x.tt] : [x.t]) s.append(svg('line', { class: x.x ? 'dec' : x.st ? 'act' : 'tick', x1: at(t), x2: at(t), y1: x.st || x.x ? 34 : 40, y2: 54 }));
  }
  for (const f of [0, 0.25, 0.5, 0.75, 1]) s.append(svg('text', { class: 'ax', x: 100 * f + '%', y: 69, 'text-anchor': f === 0 ? 'start' : f === 1 ? 'end' : 'middle' }, ms(f * length)));
  return s;
}

// item makes one line of the list; its contents come when it is opened.
function item(data, x) {
  const li = el('li', x.x ? 'dec' : x.st ? 'act' : '');
  const why = x.x ? 'decided' : x.n ? 'event' : purposes[x.p] || x.p || '';
  const what = el('span', 'what');
  if (x.n) {
    what.append(el('code', '', x.n), x.e ? el('span', 'error', ' ' + x.e) : '', x.a ? ' to user ' + x.a : '');
  } else {
    what.append(el('code', '', x.m + ' ' + x.u), x.a ? ' by ' + x.a : ' without credentials');
    if (x.e) what.append(' ', el('span', 'error', x.e));
  }
  const result = el('span', 'res');
  if (x.l) result.append(el('span', 'st', x.l + (x.n ? '' : ' · ')));
  if (!x.n) result.append(el('code', '', x.s ? String(x.s) : '–'));
  const head = [el('span', 'at', '+' + ms(x.t)), el('span', 'why', why + (x.c ? ' ×' + x.c : '')), what, result];
  if (!(x.h || x.b || x.H || x.B || x.pr || x.c)) {
    li.append(el('div', 'flat', ...head));
    return li;
  }
  const d = el('details', '', el('summary', '', ...head));
  d.addEventListener('toggle', () => { if (d.open && d.children.length === 1) d.append(sides(data, x)); });
  if (x.x) d.open = true;
  li.append(d);
  return li;
}

function sides(data, x) {
  const box = el('div', 'sides');
  if (!x.n) box.append(side('Sent', x.m + ' ' + x.u, data, x.h, x.b));
  const got = side(x.n ? 'Event' : 'Answer', x.n ? x.m || '' : x.s ? String(x.s) : 'none', data, x.H, x.B, x);
  if (x.pr) got.prepend(el('p', 'error', x.pr));
  if (!x.n) got.firstChild.append(el('span', 'took', ' after ' + ms(x.d || 0)));
  if (x.c) got.append(el('p', 'by', 'The same answer came ' + x.c + ' times, the last at +' + ms(x.tt) + '.'));
  box.append(got);
  return box;
}
function side(word, line, data, head, body, x) {
  const s = el('div', word === 'Sent' ? 'side sent' : 'side got', el('p', 'line', el('span', 'dir', word), ' ', el('code', '', line)));
  if (head) {
    const h = data.headers[head - 1];
    const dl = el('dl', '');
    for (const [k, v] of h) dl.append(el('div', '', el('dt', '', k), el('dd', '', v)));
    s.append(el('details', 'heads', el('summary', '', several(h.length, 'header')), dl));
  }
  if (!body) { s.append(el('p', 'none', data.detail ? 'no body, or it was left out' : 'no body')); return s; }
  const b = data.bodies[body - 1];
  const pre = el('pre', '');
  pre.tabIndex = 0;
  pre.setAttribute('role', 'group');
  pre.setAttribute('aria-label', 'Body: ' + word);
  const marks = new Set(x && x.k || []);
  b.t.split('\n').forEach((line, i) => {
    if (i) pre.append('\n');
    if (!marks.has(i)) { if (b.x) colour(line, pre); else pre.append(line); return; }
    const mark = el('mark', ''), rest = line.trimStart();
    if (b.x) colour(rest, mark); else mark.append(rest);
    pre.append(line.slice(0, line.length - rest.length), mark, el('span', 'note', 'not as expected'));
  });
  s.append(pre);
  return s;
}

fromHash();
