// A form that is sent as soon as a field of it is left (data-settles): an answer to what is no longer said is dropped, any
// other answer leaves what was typed meanwhile. A form that rests on it (data-rests) waits until all of that is answered.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  let settling = 0, wanted = null, held = null;
  const saidBy = new WeakMap();
  const saying = (form) => new URLSearchParams(new FormData(form)).toString();
  const fields = (form) => all("select, input:not([type=hidden])", form);
  const isSaid = (field) => field.matches("select") ? [...field.options].every((each) => each.selected === each.defaultSelected) : field.value === field.defaultValue;
  const unsaid = () => all("form[data-settles]").filter((form) => !fields(form).every(isSaid));
  const isTyped = (form) => form.contains(document.activeElement) && document.activeElement.matches("input");
  const settles = (detail) => detail.requestConfig?.elt?.matches?.("[data-settles]");
  function settle() {
    const left = unsaid();
    if (!settling) left.find((form) => wanted !== null || !isTyped(form))?.requestSubmit();
    if (wanted === null || settling || left.length) return;
    const words = wanted, next = one("[data-rests] button");
    wanted = null;
    if (next?.textContent === words) next.click();
    else if (next) { next.focus(); document.dispatchEvent(new CustomEvent("app:say", { detail: "The rows are compared with another account now. Look at them, then import." })); }
  }
  document.addEventListener("htmx:confirm", (event) => {
    const rests = event.detail.elt.matches("[data-rests]");
    if (!rests || !(settling || unsaid().length)) return;
    event.preventDefault();
    wanted = (event.detail.triggeringEvent?.submitter || one("button", event.detail.elt)).textContent;
    setTimeout(settle);
  });
  document.addEventListener("pointerdown", (event) => { held = event.target.closest?.("[data-rests] button"); });
  document.addEventListener("pointerup", () => {
    if (held && !held.isConnected) { wanted = held.textContent; settle(); } // replaced under the pointer
    held = null;
  });
  document.addEventListener("focusout", (event) => { if (event.target.form?.matches("[data-settles]")) setTimeout(settle); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!settles(event.detail)) return;
    settling++;
    saidBy.set(event.detail.requestConfig.elt, saying(event.detail.requestConfig.elt));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (settles(event.detail)) settling--;
    if (event.detail.successful) setTimeout(settle, 40); // once what came in is alive
    else wanted = null;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, target } = event.detail, form = requestConfig.elt;
    if (requestConfig.boosted || !target) return;
    if (settles(event.detail)) {
      if (form.isConnected && saying(form) !== saidBy.get(form)) event.detail.shouldSwap = false;
      return;
    }
    const typed = unsaid().filter((each) => target.contains(each)).flatMap(fields).map(({ id, value, selectionStart }) => ({ id, value, selectionStart }));
    if (!typed.length) return;
    document.addEventListener("htmx:afterSwap", () => {
      for (const { id, value, selectionStart } of typed) {
        const field = document.getElementById(id);
        if (!field) continue;
        field.value = value;
        if (field === document.activeElement) field.setSelectionRange?.(selectionStart, selectionStart);
      }
    }, { once: true });
  });
})();
