{
  // Before the page is drawn: say that scripts run, and show the colours chosen on an earlier visit.
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be switched off; the system's preference then holds.
  }
}
