
(() => {
  const details = JSON.parse(document.getElementById("map-details").textContent);
  const dialog = document.getElementById("map-detail");
  const words = {as_documented: "as documented", against: "against the guide", undocumented: "the guide says nothing", not_reached: "not reached", changed: "changed"};
  const set = (id, text) => { document.getElementById(id).textContent = text || ""; };
  const show = (n) => {
    const d = details[n];
    set("map-h", d.heading);
    const mark = document.getElementById("map-mark");
    mark.className = "m " + d.mark;
    mark.textContent = words[d.mark] || d.mark;
    const list = document.getElementById("map-list");
    list.replaceChildren();
    const add = (name, text) => {
      if (!text) return;
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = name; dd.textContent = text;
      list.append(dt, dd);
    };
    add("before", d.before);
    add("seen", d.result);
    add("expected", d.expected || "the guide says nothing of it");
    add("why", d.why);
    add("clause", (d.rules || []).join("; "));
    for (const id of d.rows || []) {
      add("requirement", id);
      const row = document.getElementById("req-" + id); // on the page of a result
      if (!row) continue;
      const a = document.createElement("a");
      a.href = "#req-" + id;
      a.textContent = id;
      a.addEventListener("click", () => { dialog.close(); row.open = true; });
      list.lastChild.replaceChildren(a);
    }
    const sources = document.getElementById("map-sources");
    sources.replaceChildren();
    for (const s of d.sources || []) {
      const a = document.createElement(s.url && /^https?:/.test(s.url) ? "a" : "span");
      if (a.tagName === "A") { a.href = s.url; a.rel = "noreferrer"; }
      a.textContent = s.cite;
      sources.append(a, " ");
    }
    set("map-request", d.request);
    set("map-answer", d.answer);
    dialog.showModal();
  };
  document.addEventListener("click", (e) => {
    const b = e.target.closest("button[data-n]");
    if (b) show(Number(b.dataset.n));
    else if (e.target === dialog) dialog.close();
  });
  const only = document.getElementById("map-only");
  if (only) only.addEventListener("change", () => {
    for (const tr of document.querySelectorAll(".matrix tbody tr")) {
      tr.classList.toggle("quiet", only.checked && !tr.querySelector(".against"));
    }
  });
})();
