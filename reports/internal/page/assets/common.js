const one = (sel, root = document) => root.querySelector(sel);
const every = (sel, root = document) => Array.from(root.querySelectorAll(sel));
document.documentElement.classList.add('js');

// el makes an element. Texts become text nodes: nothing here reads markup.
function el(name, cls, ...children) {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  e.append(...children.filter((c) => c !== '' && c != null));
  return e;
}
const several = (n, thing) => n + ' ' + thing + (n === 1 ? '' : 's');
const svgNS = 'http://www.w3.org/2000/svg';
function svg(name, attrs, text) {
  const e = document.createElementNS(svgNS, name);
  for (const k in attrs) e.setAttribute(k, attrs[k]);
  if (text) e.textContent = text;
  return e;
}
function ms(x) {
  if (x < 10) return x.toFixed(1) + ' ms';
  if (x < 1000) return Math.round(x) + ' ms';
  return (x / 1000).toFixed(x < 60000 ? 2 : 0) + ' s';
}

// What the verdict rests on is in the way on a phone.
if (matchMedia('(max-width:44rem)').matches) every('.rests').forEach((d) => { d.open = false; });

// Buttons that copy a text of the page. Where the clipboard is closed, the text
// is selected for who copies by hand.
document.addEventListener('click', async (e) => {
  const button = e.target.closest && e.target.closest('button[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy), said = one('output', button.parentElement);
  try {
    await navigator.clipboard.writeText(source.textContent);
    said.textContent = 'copied';
  } catch (err) {
    getSelection().selectAllChildren(source);
    said.textContent = 'selected: copy it by hand';
  }
});

const piece = /(<!--.*?-->|<\?.*?\?>|<!\[CDATA\[|\]\]>)|(<\/?)([^\s/<>]+)|([\w:.-]+)(=)("[^"<]*"|'[^'<]*')|(\/?>)/g;
const classes = ['', 'xc', 'xp', 'xn', 'xa', 'xp', 'xv', 'xp'];
function colour(line, into) {
  let at = 0;
  for (const m of line.matchAll(piece)) {
    into.append(line.slice(at, m.index));
    for (let g = 1; g < classes.length; g++) if (m[g]) into.append(el('span', classes[g], m[g]));
    at = m.index + m[0].length;
  }
  into.append(line.slice(at));
}

