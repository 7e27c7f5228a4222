// Asks for a task again while the wait page is open: less and less often, until there is one or the worker says stop.
"use strict";

const LONGEST_SECONDS = 20;
const form = document.getElementById("retry");
const status = document.getElementById("waiting");
const stop = document.getElementById("stop");
let pause = Number(form.dataset.retrySeconds);
let timer = 0;

function schedule() {
  timer = window.setTimeout(ask, pause * 1000);
  pause = Math.min(LONGEST_SECONDS, pause * 1.5);
}

async function ask() {
  try {
    const reply = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    if (reply.url !== window.location.href.split("#")[0]) {
      window.location.assign(reply.ok ? reply.url : window.location.href);
      return;
    }
    status.textContent = status.dataset.text;
  } catch {
    status.textContent = status.dataset.textLost;
  }
  schedule();
}

stop.addEventListener("click", () => {
  window.clearTimeout(timer);
  stop.hidden = true;
  status.textContent = status.dataset.textStopped;
});

stop.hidden = false;
status.textContent = status.dataset.text;
schedule();
