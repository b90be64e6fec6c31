// The listing's filter: shows the posts of one category without loading a page. The choice stands
// in the address, so that it survives a reload and the tags of a post can lead here.
(() => {
  const buttons = [...document.querySelectorAll(".filter button")];
  const cards = [...document.querySelectorAll(".card")];
  const status = document.querySelector(".filter-status");

  const has = (card, category) => JSON.parse(card.dataset.categories).includes(category);

  const show = (category) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.category === category));
    }
    let count = 0;
    for (const card of cards) {
      card.hidden = category !== "" && !has(card, category);
      if (!card.hidden) count += 1;
    }
    return count;
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const category = button.dataset.category;
      status.textContent = `${show(category)} of ${cards.length} posts shown`;
      const address = new URL(location.href);
      if (category) address.searchParams.set("category", category);
      else address.searchParams.delete("category");
      try {
        history.replaceState(null, "", address);
      } catch {
        // A page from the file system may not be allowed to; only its address stays as it was.
      }
    });
  }

  const asked = new URLSearchParams(location.search).get("category");
  // The tag of a post may be no other's, and so have no button.
  if (asked && cards.some((card) => has(card, asked))) {
    show(asked);
    document.querySelector(".filter").scrollIntoView({ block: "center" });
  }
})();
