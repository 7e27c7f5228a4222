// Lets parts of a page renew themselves: htmx, without what our content security policy forbids.
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

// What somebody has ticked or typed and not yet sent.
function isFilledIn(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName === "SELECT") return [...control.options].some((one) => one.selected !== one.defaultSelected && !one.disabled);
  return control.value !== control.defaultValue;
}

// Whoever is reading a table with the keyboard, has text selected or a form filled in is not to lose the place.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  const selected = document.getSelection();
  const isSelecting = selected && !selected.isCollapsed && target.contains(selected.anchorNode);
  if (event.detail.requestConfig.triggeringEvent?.type === "load") return;
  // A part that shows what is being typed elsewhere on the page is never behind it.
  if ("follows" in target.dataset) return;
  const isBusy = [...target.querySelectorAll("input:not([type=hidden]), select, textarea")].some(isFilledIn);
  if (isSelecting || isBusy || target.contains(document.activeElement)) event.detail.shouldSwap = false;
  unfolded = [...target.querySelectorAll("details[open] > summary")].map((one) => one.textContent);
});

// What was folded open stays open.
let unfolded = [];
document.addEventListener("htmx:afterSwap", () => {
  for (const summary of document.querySelectorAll("details:not([open]) > summary")) {
    if (unfolded.includes(summary.textContent)) summary.parentElement.open = true;
  }
  unfolded = [];
});

// A session that has ended answers with the log-in page: the whole page goes there, not a part of it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const address = event.detail.xhr.responseURL;
  if (address && new URL(address).pathname.startsWith("/log-in")) {
    event.preventDefault();
    location.reload();
  }
});
