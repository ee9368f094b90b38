// Charts: arrow keys walk from mark to mark, what a mark says stands above the plot, the legend hides lines.
(() => {
  "use strict";
  const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
  const marks = (figure) => [...figure.querySelectorAll(".plot a.stop")];
  const mark = (event) => event.target.closest?.(".chart a.stop");

  // One mark of each chart is in the order of Tab, the last one at first; the arrows reach the others.
  function keep(figure, at) {
    for (const each of marks(figure)) each.setAttribute("tabindex", each === at ? "0" : "-1");
  }

  function say(figure, text) {
    const plot = figure.querySelector(".plot");
    let line = plot.querySelector(".say-at");
    if (!line) {
      line = document.createElement("div");
      line.className = "say-at";
      line.setAttribute("aria-hidden", "true"); // the mark itself is named so
      line.append(document.createElement("b"));
      plot.append(line);
    }
    line.firstChild.textContent = text;
    line.hidden = !text;
  }

  function prepare() {
    for (const figure of document.querySelectorAll(".chart:not([data-ready])")) {
      figure.dataset.ready = "";
      keep(figure, marks(figure).pop());
      const samples = figure.matches(".lines") ? [...figure.querySelectorAll(".legend span")] : [];
      if (samples.length < 2) continue;
      for (const sample of samples) {
        sample.setAttribute("role", "button");
        sample.setAttribute("tabindex", "0");
        sample.setAttribute("aria-pressed", "true");
      }
    }
  }

  function toggle(sample) {
    const isOn = sample.getAttribute("aria-pressed") !== "true";
    sample.setAttribute("aria-pressed", String(isOn));
    const kind = sample.querySelector("i").classList[1];
    for (const each of sample.closest(".chart").querySelectorAll(`.plot .${kind}`)) each.classList.toggle("off", !isOn);
  }

  document.addEventListener("keydown", (event) => {
    const sample = event.target.closest?.(".legend [role=button]");
    if (sample && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); toggle(sample); return; }
    const at = mark(event);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const figure = at.closest(".chart"), all = marks(figure), place = all.indexOf(at);
    const to = { Home: 0, End: all.length - 1 }[event.key] ?? (event.key in moves ? place + moves[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    keep(figure, next);
    next.focus();
  });
  document.addEventListener("click", (event) => {
    const sample = event.target.closest?.(".legend [role=button]");
    if (sample) toggle(sample);
  });
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, (event) => {
    const at = mark(event);
    if (at) say(at.closest(".chart"), at.getAttribute("aria-label"));
  });
  for (const kind of ["pointerout", "focusout"]) document.addEventListener(kind, (event) => {
    const at = mark(event);
    if (at) say(at.closest(".chart"), "");
  });
  document.addEventListener("htmx:afterSettle", prepare);
  prepare();
})();
