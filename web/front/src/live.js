// Lets parts of a page renew themselves: htmx, without what our content security policy forbids.
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

// Whoever is reading a table with the keyboard or has text selected is not to lose the place.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  const selected = document.getSelection();
  const isSelecting = selected && !selected.isCollapsed && target.contains(selected.anchorNode);
  if (event.detail.requestConfig.triggeringEvent?.type === "load") return;
  if (isSelecting || target.contains(document.activeElement)) event.detail.shouldSwap = false;
});

// A session that has ended answers with the log-in page: the whole page goes there, not a part of it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const address = event.detail.xhr.responseURL;
  if (address && new URL(address).pathname.startsWith("/log-in")) {
    event.preventDefault();
    location.reload();
  }
});
