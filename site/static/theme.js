// The reader's choice of light or dark colours. Runs before the page is drawn, so that a
// remembered choice shows without a flash; without this file the system's preference holds.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  // Storage may be switched off; the choice then lasts as long as the page.
  const recall = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const remember = (theme) => {
    try {
      if (theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch {
      // Nothing to do: see above.
    }
  };
  const shown = () => root.dataset.theme || (system.matches ? "dark" : "light");

  const remembered = recall();
  if (remembered === "light" || remembered === "dark") root.dataset.theme = remembered;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".theme-switch");
    if (!button) return;
    const label = button.querySelector(".theme-switch-text");
    const update = () => {
      label.textContent = shown() === "dark" ? "Light colours" : "Dark colours";
    };
    button.addEventListener("click", () => {
      const wanted = shown() === "dark" ? "light" : "dark";
      const isSystem = wanted === (system.matches ? "dark" : "light");
      // Back at the system's own choice, follow the system again.
      if (isSystem) delete root.dataset.theme;
      else root.dataset.theme = wanted;
      remember(isSystem ? null : wanted);
      update();
    });
    system.addEventListener("change", update);
    update();
    button.hidden = false;
  });
})();
