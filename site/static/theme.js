// The switch between light and dark colours. The script at the top of each page has already shown
// a remembered choice; without scripts the system's preference holds.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const button = document.querySelector(".theme-switch");

  // Storage may be switched off; the choice then lasts as long as the page.
  const remember = (theme) => {
    try {
      if (theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch {
      // Nothing to do: see above.
    }
  };

  button.addEventListener("click", () => {
    const preferred = system.matches ? "dark" : "light";
    const wanted = (root.dataset.theme || preferred) === "dark" ? "light" : "dark";
    // Back at the system's own choice, follow the system again.
    if (wanted === preferred) delete root.dataset.theme;
    else root.dataset.theme = wanted;
    remember(wanted === preferred ? null : wanted);
  });
})();
