// Search in all sections. The index is a script of its own, fetched when the search is first opened:
// it costs a reader who does not search nothing, and works from the file system as well.
(() => {
  const MOST = 12;
  const AROUND = 70; // letters of an excerpt before the first match
  const LENGTH = 210;
  const dialog = document.getElementById("_search");
  const input = dialog.querySelector("[role='combobox']");
  const list = dialog.querySelector("[role='listbox']");
  const status = dialog.querySelector("[role='status']");
  const keySwitch = dialog.querySelector(".search-key");
  const opener = document.querySelector(".search-open");
  let index = null; // until it is there
  let isAskedFor = false;
  let chosen = -1;

  // Letter by letter, so that places in the folded text are places in the text.
  const fold = (text) =>
    Array.from(text, (letter) => {
      const plain = letter.normalize("NFD")[0].toLowerCase();
      return plain.length === letter.length ? plain : letter;
    }).join("");

  const load = () => {
    if (isAskedFor) return;
    isAskedFor = true;
    const script = document.createElement("script");
    script.src = `${dialog.dataset.root}search-index.js`;
    script.addEventListener("load", () => {
      index = globalThis.searchIndex.flatMap(([title, url, sections]) =>
        sections.map(([anchor, heading, text]) => ({
          title, url, anchor, heading, text,
          page: fold(title), head: fold(heading), body: fold(text),
        })),
      );
      search();
    });
    script.addEventListener("error", () => {
      isAskedFor = false;
      status.textContent = "The search index could not be loaded.";
    });
    document.head.append(script);
  };

  // Where a word begins with the term, or else where the term stands inside one; -1 where nowhere.
  const LETTER = /[\p{L}\p{N}]/u;
  const find = (text, term, from = 0) => {
    for (let at = text.indexOf(term, from); at >= 0; at = text.indexOf(term, at + 1)) {
      if (at === 0 || !LETTER.test(text[at - 1])) return at;
    }
    return term.length > 2 ? text.indexOf(term, from) : -1;
  };

  const score = (section, terms) => {
    let total = 0;
    for (const term of terms) {
      const inPage = find(section.page, term) >= 0;
      const inHead = find(section.head, term) >= 0;
      const at = find(section.body, term);
      if (!inPage && !inHead && at < 0) return 0;
      const count = at < 0 ? 0 : section.body.split(term).length - 1;
      const isWord = at >= 0 && !LETTER.test(section.body[at + term.length] || "");
      total += 6 * inHead + 2 * inPage + 2 * (at >= 0) + isWord + Math.min(count, 8) / 4;
    }
    const phrase = terms.join(" ");
    const isPhrase = section.head.includes(phrase) || section.body.includes(phrase);
    if (terms.length > 1 && isPhrase) total += 6;
    return total;
  };

  // Text with the terms marked, as nodes: nothing from a page is ever read as HTML.
  const marked = (text, terms) => {
    const folded = fold(text);
    const nodes = [];
    let from = 0;
    while (from < text.length) {
      const next = terms
        .map((term) => [find(folded, term, from), term.length])
        .filter(([at]) => at >= 0)
        .sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
      if (!next) break;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(next[0], next[0] + next[1]);
      nodes.push(text.slice(from, next[0]), mark);
      from = next[0] + next[1];
    }
    return [...nodes, text.slice(from)];
  };

  const excerpt = (section, terms) => {
    const places = terms.map((term) => find(section.body, term)).filter((at) => at >= 0);
    const wanted = Math.max(0, (places.length ? Math.min(...places) : 0) - AROUND);
    const start = wanted && section.text.indexOf(" ", wanted) + 1;
    const rest = section.text.slice(start);
    const end = rest.length > LENGTH ? rest.lastIndexOf(" ", LENGTH) : rest.length;
    return `${start ? "… " : ""}${rest.slice(0, end)}${end < rest.length ? " …" : ""}`;
  };

  const line = (name, nodes) => {
    const made = document.createElement("span");
    made.className = name;
    made.append(...nodes);
    return made;
  };

  const option = (section, terms, number) => {
    const item = document.createElement("li");
    item.id = `_search-result-${number}`;
    item.setAttribute("role", "option");
    item.dataset.address = `${section.url}${section.anchor ? `#${section.anchor}` : ""}`;
    const heading = section.heading || section.title;
    item.append(line("result-heading", marked(heading, terms)));
    if (section.heading) item.append(line("result-page", marked(section.title, terms)));
    item.append(line("result-text", marked(excerpt(section, terms), terms)));
    return item;
  };

  const choose = (number) => {
    chosen = number;
    [...list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === number));
      if (place === number) item.scrollIntoView({ block: "nearest" });
    });
    if (number >= 0) input.setAttribute("aria-activedescendant", list.children[number].id);
    else input.removeAttribute("aria-activedescendant");
  };

  const search = () => {
    if (!index) return;
    const terms = fold(input.value).split(/\s+/).filter(Boolean);
    const ranked = (terms.length ? index : [])
      .map((section) => [score(section, terms), section])
      .filter(([points]) => points > 0)
      .sort((a, b) => b[0] - a[0]);
    const found = ranked.slice(0, MOST).map(([, section], place) => option(section, terms, place));
    list.replaceChildren(...found);
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    const all = `${ranked.length} section${ranked.length === 1 ? "" : "s"}`;
    const some = ranked.length > MOST ? `${all} found, the best ${MOST} shown` : `${all} found`;
    status.textContent = terms.length ? (ranked.length ? some : "Nothing found") : "";
    choose(found.length ? 0 : -1);
  };

  const go = (item, isApart) => {
    const address = `${dialog.dataset.root}${item.dataset.address}`;
    if (isApart) {
      window.open(address);
      return;
    }
    dialog.close();
    location.assign(address);
  };

  const open = () => {
    load();
    dialog.showModal();
    input.select();
  };

  opener.addEventListener("click", open);
  dialog.querySelector(".search-close").addEventListener("click", () => dialog.close());
  // A click ends where the button is let go: a selection drawn out of the field is none beside it.
  let beganBeside = false;
  dialog.addEventListener("pointerdown", (event) => {
    beganBeside = event.target === dialog;
  });
  dialog.addEventListener("click", (event) => {
    const item = event.target.closest("[role='option']");
    if (item) go(item, event.ctrlKey || event.metaKey);
    // The dialog itself is hit only beside its contents: on the veil around it.
    else if (event.target === dialog && beganBeside) dialog.close();
  });
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    // Enter and the arrows also choose letters, as in Japanese: they then mean nothing here.
    if (event.isComposing) return;
    const count = list.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count) {
      event.preventDefault();
      choose((chosen + step + count) % count);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      go(list.children[chosen], event.ctrlKey || event.metaKey);
    }
  });

  // A shortcut of a single letter gets in the way of speech input: it can be switched off.
  const KEY = "search-key";
  try {
    keySwitch.checked = localStorage.getItem(KEY) !== "off";
  } catch {
    // Without storage it is on in each new page.
  }
  keySwitch.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, keySwitch.checked ? "on" : "off");
    } catch {
      // See above.
    }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping || dialog.open || !keySwitch.checked) return;
    event.preventDefault();
    open();
  });
})();
