// What HTML cannot do alone: shortcuts, dialogs, toasts, focus after a swap, comboboxes. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = () => document.body;

  // --- Toasts: ten seconds, longer while hovered or focused ---
  const LIFETIME = 10000;
  function watchToast(toast) {
    if (toast.dataset.watched || "stays" in toast.dataset) return; // what asks something waits for the answer
    toast.dataset.watched = "1";
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), LIFETIME); };
    const stop = () => clearTimeout(timer);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stop(); start(); });
    start();
  }
  function say(text, { again = null, assertive = false } = {}) {
    const region = one(assertive ? "#alert" : "#toast");
    if (!region) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "";
    const words = document.createElement("span");
    words.textContent = text;
    toast.append(words);
    if (again) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Try again";
      button.addEventListener("click", () => { toast.remove(); again(); });
      toast.append(button);
    }
    const shut = document.createElement("button");
    shut.type = "button";
    shut.className = "close";
    shut.dataset.dismiss = "";
    shut.setAttribute("aria-label", "Dismiss");
    shut.append(one("#keys [data-close] svg")?.cloneNode(true) || "×");
    toast.append(shut);
    region.replaceChildren(toast);
    watchToast(toast);
  }
  // A modal dialog lies above everything else and makes it inert: while one is open, what is said is said inside it.
  function placeToasts() {
    const top = all("dialog[open]").pop() || body();
    for (const region of all("#toast, #alert")) if (region.parentElement !== top) top.append(region);
  }

  // --- Dialogs and popovers: data-open names the id, data-close closes the nearest one ---
  function open(id, opener) {
    const target = document.getElementById(id);
    if (!target) return false;
    for (const [name, value] of Object.entries(opener?.dataset || {})) { // data-fill-from="12" chooses 12 as `from`
      const field = name.startsWith("fill") && one(`[name="${name.slice(4).toLowerCase()}"]`, target);
      if (field) field.value = value;
    }
    if (target.showModal) {
      if (!target.open) { target.showModal(); origin = where(opener || document.activeElement); }
      placeToasts();
    }
    else if (target.showPopover) {
      opener?.focus({ preventScroll: true }); // closed again, it gives the focus back
      target.showPopover({ source: opener });
    }
    target.dispatchEvent(new CustomEvent("app:open", { bubbles: true, detail: { opener } }));
    one("[autofocus]", target)?.focus();
    return true;
  }
  function close(inside) {
    const target = inside.closest("dialog, [popover]");
    if (target?.close) { target.close(); placeToasts(); }
    else target?.hidePopover?.();
  }

  document.addEventListener("close", (event) => { // does not bubble, so it is caught on its way down
    if (!event.target.matches("dialog")) return;
    placeToasts();
    if (lost() && !goBack(origin)) one("h1")?.focus({ preventScroll: true });
  }, true);

  // --- Where the focus was, to go back there when its element is replaced: an id, or a place in a row ---
  let opener = null, origin = null; // before the newest request; before the open dialog
  const lost = () => !document.activeElement || document.activeElement === body();
  function where(element) {
    const row = element?.closest?.("[data-row]");
    return { id: element?.id, row: row?.id, field: element?.dataset?.cell, at: row ? rows().indexOf(row) : -1, then: element?.dataset?.then, when: Date.now() };
  }
  function goBack(to) {
    if (!to) return false;
    const row = to.row && document.getElementById(to.row);
    const place = (to.id && document.getElementById(to.id)) || (row && to.field && one(`[data-cell="${CSS.escape(to.field)}"]`, row));
    if (place) place.focus({ preventScroll: true });
    else if (to.at >= 0) choose(row || rows()[Math.min(to.at, rows().length - 1)]);
    if (lost() && to.then) one(to.then)?.focus(); // data-then names where the work goes on once this is pressed
    return !lost();
  }

  // --- Lists of many rows: within data-asks a link or a button that has an address asks for its answer alone, without
  // saying so itself; where the answer goes the list says, or it fills what the link opens ---
  function ask(element, opened) {
    const [verb, address] = element.formAction ? ["post", element.formAction] : ["get", element.href];
    const within = opened && document.getElementById(element.dataset.open); // a dialog that also holds the toasts says what is filled
    const filled = within ? { target: one("[data-filled]", within) || within, swap: "innerHTML" } : {};
    htmx.ajax(verb, new URL(address).pathname + new URL(address).search, { source: element, ...filled }).catch(() => {}); // failures are said below
  }

  // --- Comboboxes: an input with data-filter="#list" narrows the list's options and walks them with the arrows ---
  const options = (input) => all(".o:not([hidden])", one(input.dataset.filter));
  function narrow(input) {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    for (const option of all(".o", one(input.dataset.filter))) {
      const text = (option.dataset.words || option.textContent).toLowerCase();
      option.hidden = !words.every((word) => text.includes(word));
      option.classList.remove("hit");
    }
    mark(input, options(input)[0]);
  }
  function mark(input, option) {
    for (const other of all(".o.hit", one(input.dataset.filter))) { other.classList.remove("hit"); other.setAttribute("aria-selected", "false"); }
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.id ||= `o-${Math.random().toString(36).slice(2)}`;
    option.classList.add("hit");
    if (option.getAttribute("role") === "option") option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function walk(input, event) {
    const shown = options(input);
    const at = shown.findIndex((option) => option.classList.contains("hit"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(input, shown[(at + step + shown.length) % shown.length]);
    } else if (event.key === "Enter") { // never left to the form, which would take its first choice, hidden or not
      const taken = shown[at] || (shown.length === 1 ? shown[0] : null);
      taken?.click();
    } else return;
    event.preventDefault();
  }

  // --- Lists: the current row (tr.cur), keys on it, selection ---
  const rows = () => all("[data-row]").filter((row) => row.offsetParent !== null);
  const current = () => document.activeElement?.closest?.("[data-row]") || one("[data-row].cur");
  function choose(row) {
    for (const other of all("[data-row].cur")) other.classList.remove("cur");
    if (!row) return;
    row.classList.add("cur");
    const focus = one("[data-row-focus]", row)
      || all('a, button, input:not([type="hidden"]), select, textarea', row).find((each) => each.offsetParent !== null);
    (focus || row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const list = rows();
    const at = list.indexOf(current());
    choose(list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))]);
  }
  function countSelected(form) {
    const boxes = all("[data-select]", form);
    const chosen = boxes.filter((box) => box.checked);
    for (const bar of all(".bulk", form)) bar.classList.toggle("on", chosen.length > 0);
    for (const place of all("[data-selected-count]", form)) place.textContent = chosen.length;
    for (const every of all("[data-select-all]", form)) {
      every.checked = boxes.length > 0 && chosen.length === boxes.length;
      every.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
  }
  // --- A list that is worked off: data-skip puts its row last; what is left is counted in the page head ---
  function skip(row) {
    const next = rows()[rows().indexOf(row) + 1];
    row.parentElement.insertBefore(row, all("[data-row]", row.parentElement).pop().nextSibling);
    choose(next || rows()[0]);
  }
  function countLeft() {
    for (const place of all("[data-counts]")) {
      const count = all(place.dataset.counts).reduce((sum, each) => sum + each.value.split(",").length, 0);
      place.textContent = count;
      place.closest("[data-counted]").hidden = !count;
    }
    const list = one("[data-refill]");
    if (list && !current()) rows()[0]?.classList.add("cur");
    if (!list || one("article[data-row]:not(details *)", list)) return;
    const target = list.dataset.refill;
    delete list.dataset.refill;
    htmx.ajax("get", list.dataset.address, { target, swap: "outerHTML" }).catch(() => {}); // failures are said below
  }
  const selection = (box) => box.closest("[data-selection]") || document;

  // --- Columns of inputs: after a new value Tab goes down (Shift+Tab up), not on to the row's links ---
  function down(event) {
    const inputs = all("input[data-down]").filter((input) => input.offsetParent !== null);
    const next = inputs[inputs.indexOf(event.target) + (event.shiftKey ? -1 : 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
  }

  // --- Keys ---
  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type);
  const press = (selector, within = document) => { const target = within && one(selector, within); target?.click(); return Boolean(target); };
  let going = 0;
  function shortcut(event) {
    const key = event.key.toLowerCase();
    if (Date.now() - going < 1500) { going = 0; return press(`[data-go="${CSS.escape(key)}"]`); }
    const row = current();
    switch (key) {
      case "g": going = Date.now(); return true;
      case "n": return press("[data-key-add]") || open("quick");
      case "/": { const field = one("[data-search]"); if (field) { field.focus(); field.select?.(); return true; } return press("[data-key-search]"); }
      case "[": return press('[data-key-month="previous"]');
      case "]": return press('[data-key-month="next"]');
      case "u": { const undo = all("[data-key-undo]").pop(); undo?.click(); return Boolean(undo); }
      case "?": return open("keys");
      case "j": step(1); return true;
      case "k": step(-1); return true;
      case "x": return press("[data-select]", row);
      case "enter": return !/^(A|BUTTON|SUMMARY)$/.test(event.target.tagName) && press("[data-row-focus]", row);
      default: return /^[a-z1-9]$/.test(key) && (press(`[data-key="${key}"]`, row) || press(`[data-page-key="${key}"]`));
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.target.matches?.("[data-filter]")) walk(event.target, event);
    if (event.key === "Tab" && event.target.matches?.("input[data-down]") && event.target.value !== event.target.defaultValue) down(event);
    if (event.key === "Enter" && event.ctrlKey) { press("[data-ctrl-enter]", event.target.form); return; }
    const cancel = event.key === "Escape" && !one("dialog[open]") && one("[data-cancel]", event.target.closest?.("[data-row]") || document.createElement("i"));
    if (cancel) { event.preventDefault(); cancel.click(); return; }
    if (event.key === "Escape") { for (const details of all("details.more[open], details.switch[open]")) { details.open = false; one("summary", details).focus(); } return; }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (!("singleKeys" in body().dataset) || one("dialog[open]")) return;
    if (shortcut(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const at = event.target;
    for (const details of all("details.more[open], details.switch[open]")) if (!details.contains(at)) details.open = false;
    const elsewhere = (event.ctrlKey || event.metaKey) && at.closest("a"); // in a new tab
    const opener = at.closest("[data-open]");
    const opened = opener && !elsewhere && open(opener.dataset.open, opener);
    const asker = !elsewhere && at.closest("[data-asks] :is(a, button[formaction]):not(form *)");
    if (asker) ask(asker, opened);
    if (opened || asker) { event.preventDefault(); return; }
    if (at.closest("[data-skip]")) skip(at.closest("[data-row]"));
    if (at.matches("dialog[open]")) at.close(); // the backdrop
    if (at.closest("[data-close]")) close(at);
    at.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
    const show = at.closest("[data-show-password]");
    if (show) {
      const field = document.getElementById(show.dataset.showPassword);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      show.setAttribute("aria-pressed", String(shown));
      show.textContent = shown ? "Hide password" : "Show password";
    }
    const copy = at.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(one(copy.dataset.copy).textContent).then(() => say("Copied."));
    if (at.closest("[data-print]")) window.print();
  });
  document.addEventListener("input", (event) => { if (event.target.matches("[data-filter]")) narrow(event.target); });
  // --- Files: one that is too large is not even sent; dropped on any page they go where Import leads ---
  const largest = 10 * 1024 * 1024;
  const tooLarge = (files) => [...files].find((file) => file.size > largest);
  const refuse = (file) => say(`“${file.name}” is larger than 10 MB. Download a shorter period, or export as CSV.`, { assertive: true });
  function fits(box) {
    const file = box.files && tooLarge(box.files);
    if (file) { refuse(file); box.value = ""; }
    return !file && (!box.files || box.files.length > 0);
  }
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && one('[data-go="i"]') && one("[data-key-add], .tabs .add");
  document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event) || event.target.matches("input[type=file]")) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (!files.length) return;
    if (tooLarge(files)) { refuse(tooLarge(files)); return; }
    const content = new FormData();
    for (const file of files) content.append("files", file);
    content.append("request_key", Math.random().toString(36).slice(2) + Date.now());
    const headers = { ...JSON.parse(body().getAttribute("hx-headers")), "X-Book": document.getElementById("main").dataset.book };
    say("Sending the files.");
    fetch(one('[data-go="i"]').href, { method: "POST", body: content, headers })
      .then(async (answer) => {
        if (answer.ok) { location.assign(answer.url); return; }
        const why = one("[data-errors]", new DOMParser().parseFromString(await answer.text(), "text/html")); // never shown as a page
        const words = all("p", why || document.createElement("p")).map((each) => each.textContent.trim()).join(" ");
        say(words || "The files could not be taken in. Open Import and choose them there.", { assertive: true });
      })
      .catch(() => say("Not sent: no connection.", { assertive: true }));
  });
  let lastBox = null;
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-select-all]")) { for (const each of all("[data-select]", selection(box))) each.checked = box.checked; countSelected(selection(box)); }
    if (box.matches("[data-select]")) { lastBox = box; countSelected(selection(box)); }
    if (box.matches("[data-submit]") && fits(box)) box.form.requestSubmit();
  });
  document.addEventListener("click", (event) => { // Shift selects a range
    const box = event.target;
    if (!event.shiftKey || !box.matches?.("[data-select]") || !lastBox) return;
    const boxes = all("[data-select]", selection(box));
    const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
  });

  // A plain form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-delete]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of all("form[data-sent]")) { delete form.dataset.sent; all("[aria-busy]", form).forEach((button) => button.removeAttribute("aria-busy")); }
  });

  // --- htmx: waiting, failure, focus ---
  // Whose page this is: what is sent after another tab switched books is refused. Boosted links bring main anew.
  document.addEventListener("htmx:configRequest", (event) => {
    const { book } = document.getElementById("main")?.dataset || {};
    if (book) event.detail.headers["X-Book"] = book;
  });
  let waiting = 0, slow = 0, late = 0;
  const settled = () => { clearTimeout(slow); clearTimeout(late); root.classList.remove("waiting"); };
  const button = (detail) => detail.requestConfig?.triggeringEvent?.submitter || (detail.elt?.matches?.("button") ? detail.elt : null);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!waiting++) {
      slow = setTimeout(() => root.classList.add("waiting"), 200);
      late = setTimeout(() => say("Still working. You can leave this page."), 8000);
    }
    button(event.detail)?.setAttribute("aria-busy", "true");
    // The refresh that follows a change finds no focus any more: what the change began from still counts.
    const from = lost() ? event.detail.elt.closest("[data-row]") && event.detail.elt : document.activeElement;
    if (from) opener = where(from);
    else if (Date.now() - (opener?.when || 0) > 5000) opener = null;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    waiting = Math.max(0, waiting - 1);
    if (!waiting) settled();
    button(event.detail)?.removeAttribute("aria-busy");
  });
  const again = (detail) => () => {
    const from = detail.requestConfig?.elt || detail.elt;
    const began = detail.requestConfig?.triggeringEvent;
    if (from.matches("form")) from.requestSubmit(began?.submitter?.isConnected ? began.submitter : null);
    else if (from.matches("a, button")) from.click();
    else from.dispatchEvent(new Event(began?.type || "change", { bubbles: true }));
  };
  // Signing in elsewhere makes a new token: the refusal brings it, and the request is sent once more.
  let renewed = 0;
  function renew(token) {
    if (!token || Date.now() - renewed < 5000) return false;
    renewed = Date.now();
    body().setAttribute("hx-headers", JSON.stringify({ ...JSON.parse(body().getAttribute("hx-headers")), "X-CSRFToken": token }));
    for (const input of all('input[name="csrfmiddlewaretoken"]')) input.value = token;
    return true;
  }
  document.addEventListener("htmx:sendError", (event) => say("Not sent: no connection. What you typed is still here.", { assertive: true, again: again(event.detail) }));
  document.addEventListener("htmx:timeout", (event) => say("No answer yet. What you typed is still here.", { assertive: true, again: again(event.detail) }));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const words = xhr.getResponseHeader("X-Message");
    if (xhr.status === 403 && renew(xhr.getResponseHeader("X-CSRFToken"))) setTimeout(again(event.detail));
    else if (xhr.status === 401) say("You were signed out. Sign in in a new tab, then try again. What you typed is still here.", { assertive: true, again: again(event.detail) });
    else if (xhr.status >= 500) say("Something broke on our side. Nothing was saved. What you typed is still here.", { assertive: true, again: again(event.detail) });
    else if (xhr.status === 429) say("Too many tries. Wait a moment, then try again.", { assertive: true, again: again(event.detail) });
    else say(words ? decodeURIComponent(words) : xhr.status === 404 ? "This is no longer here. Reload the page to see what is." : "This could not be done.", { assertive: true });
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    prepare();
    const { target, requestConfig } = event.detail;
    const main = document.getElementById("main");
    if (requestConfig?.boosted && target && (target.id === "main" || target === main)) { one("h1", main)?.focus({ preventScroll: true }); return; }
    const swapped = target?.isConnected ? target : event.target; // outerHTML: the old one is gone, the event is on the new
    const errors = swapped?.isConnected && one("[data-errors]", swapped);
    if (errors) { errors.focus(); return; }
    if (!lost()) return; // focus was kept, or set by autofocus
    if (goBack(opener) || goBack(origin)) return;
    const goesOn = swapped?.isConnected && one("[data-continue]", swapped);
    if (goesOn) { goesOn.focus({ preventScroll: true }); return; }
    if (target === main || target?.id === "main") one("h1", main)?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:oobAfterSwap", prepare);
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status < 400 && (requestConfig.verb !== "get" || requestConfig.boosted)) one("#alert")?.replaceChildren(); // that is past
    // The page is loaded anew: its history entry remembers the place.
    if (xhr.getResponseHeader("HX-Refresh")) history.replaceState({ ...history.state, back: opener || {} }, "");
  });

  document.addEventListener("app:say", (event) => say(event.detail));

  // An answer may close what it was asked from (app:close), or show what it filled (app:show, data-shows names it).
  document.addEventListener("app:close", (event) => close(event.target));
  document.addEventListener("app:show", (event) => { if (event.target.dataset.shows) open(event.target.dataset.shows, event.target); });

  // --- What needs a look after every load and swap ---
  const scripts = new Set();
  function prepare() {
    for (const { dataset } of all("[data-chart], [data-script]")) { // a script comes with the first that needs it
      const src = dataset.chart || dataset.script;
      if (!scripts.has(src)) document.head.append(Object.assign(document.createElement("script"), { src }));
      scripts.add(src);
    }
    all("[data-toast]").forEach(watchToast);
    for (const shower of all("[data-show-password][hidden]")) shower.hidden = false;
    for (const form of all("[data-selection]")) countSelected(form);
    countLeft();
    for (const input of all("input[data-filter]:not([role])")) {
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-expanded", "true");
      input.setAttribute("aria-controls", input.dataset.filter.slice(1));
      input.setAttribute("aria-autocomplete", "list");
    }
  }
  document.addEventListener("DOMContentLoaded", () => {
    prepare();
    one("[data-errors]")?.focus();
    const { back, ...state } = history.state || {};
    if (!back) return;
    history.replaceState(state, "");
    if (lost() && !goBack(back)) one("h1")?.focus();
  });
})();
