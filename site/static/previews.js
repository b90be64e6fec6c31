// Shows what a footnote, a citation or a cross reference leads to, while the pointer or the focus
// of the keyboard is on it. Escape puts the preview away; the pointer may move onto it.
(() => {
  const LINKS = "a.footnote-ref, a[role='doc-biblioref'], a.quarto-xref";
  const WAIT = { open: 180, close: 220 };
  const box = document.createElement("div");
  box.className = "preview";
  box.id = "_preview";
  box.tabIndex = 0; // it may scroll
  box.hidden = true;
  let shown = null;
  let timer = 0;

  // A figure or a table of which more than half can be seen is before the reader's eyes.
  const isInSight = (target) => {
    const { top, bottom, height } = target.getBoundingClientRect();
    const seen = Math.min(bottom, window.innerHeight) - Math.max(top, 0);
    return target.matches("figure") && seen > height / 2;
  };

  // What a link leads to, without what only makes sense in its place.
  const content = (link) => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target || isInSight(target)) return null;
    let parts = [target];
    if (target.matches("section")) parts = [...target.children].slice(0, 2);
    else if (target.matches("li, .csl-entry")) parts = [...target.childNodes];
    const made = document.createElement("div");
    made.append(...parts.map((part) => part.cloneNode(true)));
    made.querySelectorAll("details, .receipt, .anchor, .footnote-back, .copy").forEach((e) => e.remove());
    // Ids are for the originals, to which clip paths and markers keep pointing.
    made.querySelectorAll("[id]").forEach((e) => e.removeAttribute("id"));
    made.querySelectorAll("[tabindex], a").forEach((e) => e.setAttribute("tabindex", "-1"));
    return made;
  };

  const hide = () => {
    clearTimeout(timer);
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    box.hidden = true;
    box.replaceChildren();
  };

  const place = (link) => {
    const gap = 8;
    // A link may run over two lines; the preview belongs to the first.
    const line = link.getClientRects()[0];
    const page = document.documentElement;
    const left = Math.min(line.left, page.clientWidth - box.offsetWidth - 2 * gap);
    const above = line.top - 2 * gap;
    const below = window.innerHeight - line.bottom - 2 * gap;
    box.style.maxHeight = "";
    const isBelow = box.offsetHeight <= below || below >= above;
    box.style.maxHeight = `${Math.min(box.offsetHeight, isBelow ? below : above)}px`;
    const top = isBelow ? line.bottom + gap : line.top - gap - box.offsetHeight;
    box.style.left = `${Math.max(2 * gap, left) + window.scrollX}px`;
    box.style.top = `${top + window.scrollY}px`;
    box.scrollTop = 0;
  };

  const show = (link) => {
    if (shown === link) return;
    hide();
    const made = content(link);
    if (!made) return;
    box.replaceChildren(...made.childNodes);
    box.hidden = false;
    shown = link;
    place(link);
    // Words can be read out; of a figure the link's own text says enough.
    if (!link.matches(".quarto-xref")) link.setAttribute("aria-describedby", box.id);
  };
  const later = (what, wait) => {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  };

  for (const link of document.querySelectorAll(LINKS)) {
    link.addEventListener("pointerenter", (event) => {
      // A finger follows the link at once; there is no hovering with it.
      if (event.pointerType !== "touch") later(() => show(link), WAIT.open);
    });
    link.addEventListener("pointerleave", () => later(hide, WAIT.close));
    link.addEventListener("focus", () => {
      if (link.matches(":focus-visible")) show(link);
    });
    link.addEventListener("blur", () => later(hide, WAIT.close));
    link.addEventListener("click", hide);
  }
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => later(hide, WAIT.close));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  document.querySelector("main").append(box);
})();
