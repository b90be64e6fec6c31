// Draws the page's explorers: charts with controls, from Vega-Lite specifications in the page. The
// library that draws them is heavy, so it is fetched when a reader comes near the first one. The
// still figure that stands after an explorer gives way only when its chart is there.
(() => {
  const library = new URL("vega.js", document.currentScript.src).href;
  const NEAR = "600px";
  const NARROWEST = 170; // pixels of a drawing; where there are fewer for each, they stack
  const MARGINS = 108; // pixels left and right of the drawings: labels, the value at a line's end
  const LOWER = 0.62; // of its height a drawing has where it has all the width: the screen is small

  let fetched;
  const fetchLibrary = () => {
    fetched ??= new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = done;
      script.onerror = () => fail(new Error("the library did not load"));
      document.head.append(script);
    });
    return fetched;
  };

  const add = (box, name, attributes = {}) => {
    const part = document.createElement("div");
    part.className = name;
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    box.append(part);
    return part;
  };

  // Views side by side where there is room, and as wide as there is room. Where they stack, the last
  // one, which shows what it all comes to, stands next to the controls.
  const fit = (spec, width) => {
    const views = spec.concat ?? [spec];
    const gap = spec.spacing?.column ?? 0;
    const room = width - MARGINS + gap;
    const columns = Math.max(1, Math.min(views.length, Math.floor(room / (NARROWEST + gap))));
    if (spec.concat) spec.columns = columns;
    if (columns === 1) views.reverse();
    for (const view of views) {
      view.width = Math.floor(room / columns) - gap;
      if (view.width < 2 * NARROWEST) view.height *= columns === 1 ? LOWER : 1;
    }
  };

  // What the rows of the view "words" say, once and after every change.
  const speak = (result, place) => {
    const mark = (parts) => {
      for (const part of parts ?? []) {
        const found = part.name?.endsWith("words_marks") ? part : mark(part.marks);
        if (found) return found;
      }
    };
    const source = mark(result.vgSpec.marks)?.from?.data;
    if (!source) return;
    const say = (name, rows) => {
      const words = rows.map((row) => row.words).join(" ");
      if (place.textContent !== words) place.textContent = words;
    };
    say(source, result.view.data(source));
    result.view.addDataListener(source, say);
  };

  // A control that the other choices leave without effect cannot be moved.
  const attend = ({ view }, controls, needs = {}) => {
    for (const [name, causes] of Object.entries(needs)) {
      for (const [by, values] of Object.entries(causes)) {
        const heed = (_, value) => {
          controls.querySelector(`[name="${name}"]`).disabled = !values.includes(value);
        };
        heed(by, view.signal(by));
        view.addSignalListener(by, heed);
      }
    }
  };

  const start = async (box) => {
    await fetchLibrary();
    const controls = add(box, "explorer-controls");
    const words = add(box, "explorer-words", { "aria-live": "polite" });
    const picture = add(box, "explorer-picture");
    const source = box.querySelector("script").textContent;
    let last = 0;
    let result;

    const draw = async () => {
      const width = box.clientWidth;
      if (!width || width === last) return;
      last = width;
      const spec = JSON.parse(source);
      fit(spec, width);
      // A chart that is drawn anew, for another width, keeps what was chosen.
      for (const param of spec.params) if (result && param.bind) param.value = result.view.signal(param.name);
      result?.finalize();
      controls.replaceChildren();
      result = await vegaEmbed(picture, spec, {
        actions: false,
        ast: true, // expressions are interpreted: the page may not run texts as code
        bind: controls,
        defaultStyle: false,
        renderer: "svg",
        tooltip: false,
      });
      speak(result, words);
      attend(result, controls, spec.usermeta?.needs);
    };

    await draw();
    box.classList.add("is-live");
    let waiting;
    new ResizeObserver(() => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, 150);
    }).observe(box);
  };

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        // Whatever goes wrong, the still figure is there.
        start(target).catch((error) => console.error(error));
      }
    },
    { rootMargin: NEAR },
  );
  for (const box of document.querySelectorAll("[data-vega-lite]")) near.observe(box);
})();
