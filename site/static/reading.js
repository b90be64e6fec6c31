// Helps while reading: the table of contents follows the text, long formulas can be scrolled, and
// code can be copied.
(() => {
  const links = [...document.querySelectorAll(".toc a, .toc-fold a")];
  const anchors = [...new Set(links.map((link) => link.hash))];
  const places = anchors.map((hash) => document.getElementById(decodeURIComponent(hash.slice(1))));
  const contents = document.querySelector(".toc");
  let waiting = false;

  const follow = () => {
    waiting = false;
    // The section that one reads is the last that has begun above the upper third of the window.
    const line = window.innerHeight / 3;
    const bottom = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const begun = places.filter((place) => place && place.getBoundingClientRect().top <= line);
    // At the end of the page no section gets further up: it is the one that was asked for.
    const asked = places[anchors.indexOf(location.hash)];
    const last = asked?.getBoundingClientRect().top >= 0 ? asked : places.at(-1);
    const current = bottom && window.scrollY > 0 ? last : begun.at(-1);
    for (const link of links) {
      const isCurrent = current && decodeURIComponent(link.hash.slice(1)) === current.id;
      if (!isCurrent) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "location");
        // A long table of contents scrolls inside itself, and the page must not move.
        if (contents && contents.contains(link)) {
          contents.scrollTop = link.offsetTop - contents.clientHeight / 2;
        }
      }
    }
  };
  const soon = () => {
    if (!waiting) requestAnimationFrame(follow);
    waiting = true;
  };
  if (links.length) {
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon, { passive: true });
    addEventListener("hashchange", soon);
    follow();
  }

  // A formula that is longer than its line scrolls: by keyboard as well.
  for (const formula of document.querySelectorAll('math[display="inline"]')) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
  }

  // Without a secure origin, as under file:, some browsers hide the clipboard; the old way works.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const before = document.activeElement;
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const copied = document.execCommand("copy");
      area.remove();
      before.focus({ preventScroll: true });
      if (!copied) throw new Error("the browser does not let a page copy");
    }
  };
  for (const block of document.querySelectorAll("div.sourceCode")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const result = await copy(block.querySelector("code").textContent).then(
        () => "Copied",
        () => "Not copied",
      );
      button.textContent = result;
      said.textContent = result;
      setTimeout(() => {
        button.textContent = "Copy";
        said.textContent = "";
      }, 2000);
    });
    block.append(button, said);
  }
})();
