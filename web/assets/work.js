// Makes the work page quicker: keys, a clock, more time in place, a draft that survives a reload. The page works without.
"use strict";

const work = document.getElementById("work");
const form = document.getElementById("answer");
const clock = document.getElementById("clock");
const notice = document.getElementById("notice");
const aloud = document.getElementById("aloud");
const renewButton = document.getElementById("renew");
const instructions = document.getElementById("instructions");
const skip = document.getElementById("skip");
const help = document.getElementById("help");
const helpButton = document.getElementById("help-open");
const singleKeys = document.getElementById("single-keys");
const radios = [...form.querySelectorAll("input[type=radio]")];
const text = work.dataset;

// --- what this browser remembers; storage may be full or forbidden, and the page works all the same ---------------
function remember(key, value) {
  try {
    localStorage.setItem(`assay:${key}`, value);
  } catch {
    // Private mode or a full disk: nothing is kept beyond this page.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(`assay:${key}`);
  } catch {
    return null;
  }
}

function tell(words, kind = "warning") {
  notice.textContent = words;
  notice.className = `message ${kind}`;
  notice.hidden = words === "";
  // A region that was hidden until now is not read out: this one was always there.
  aloud.textContent = words;
}

// --- draft ---------------------------------------------------------------------------------------------------------
const draftKey = `draft:${text.project}`;

function saveDraft() {
  const chosen = radios.find((radio) => radio.checked);
  if (chosen) remember(draftKey, JSON.stringify({ assignment: text.assignment, choice: chosen.value }));
}

function restoreDraft() {
  let draft = null;
  try {
    draft = JSON.parse(recall(draftKey) || "null");
  } catch {
    draft = null;
  }
  if (draft === null || draft.assignment !== text.assignment || radios.some((radio) => radio.checked)) return;
  const radio = radios.find((candidate) => candidate.value === draft.choice);
  if (!radio) return;
  radio.checked = true;
  tell(text.textRestored, "info");
}

// --- clock: the server said how many seconds were left when it made the page; nobody's wall clock is asked ----------
let end = performance.now() + Number(text.secondsLeft) * 1000;
const warningSeconds = Number(text.warningSeconds);
let warned = "";

function tick() {
  const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  clock.textContent =
    seconds === 0 ? text.textOverShort : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const level = seconds === 0 ? "over" : seconds <= warningSeconds ? "soon" : "";
  if (level === warned) return;
  warned = level;
  clock.dataset.level = level;
  renewButton.classList.toggle("primary", level !== "");
  if (level === "soon") tell(text.textWarning);
  if (level === "over") tell(text.textOver);
}

async function renew() {
  const body = new FormData(form);
  try {
    const reply = await fetch(renewButton.formAction, {
      method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
    });
    const isJson = (reply.headers.get("Content-Type") || "").startsWith("application/json");
    if (!reply.ok || !isJson) {
      tell(text.textRenewFailed);
      return;
    }
    end = performance.now() + (await reply.json()).seconds_left * 1000;
    tick();
    tell(text.textRenewed, "info");
  } catch {
    tell(text.textNoServer);
  }
}

// --- sending: once per click, kept while offline -------------------------------------------------------------------
let isSending = false;
let isWaitingForLine = false;

form.addEventListener("submit", (event) => {
  if (event.submitter === renewButton) {
    event.preventDefault();
    renew();
    return;
  }
  if (isSending) {
    event.preventDefault();
    return;
  }
  if (!navigator.onLine) {
    event.preventDefault();
    isWaitingForLine = true;
    tell(text.textOffline);
    return;
  }
  isSending = true;
});

window.addEventListener("online", () => {
  if (!isWaitingForLine) return;
  isWaitingForLine = false;
  tell("");
  form.requestSubmit();
});

// Back from the next task: the browser may show this page from its memory, with a clock that stood still.
window.addEventListener("pageshow", (event) => {
  isSending = false;
  if (event.persisted) window.location.reload();
});

function send() {
  if (!radios.some((radio) => radio.checked)) {
    tell(text.textChoose);
    radios[0].focus();
    return;
  }
  form.requestSubmit();
}

// --- keys ----------------------------------------------------------------------------------------------------------
function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea");
}

function choose(key) {
  const radio = radios.find((candidate) => candidate.dataset.key === key);
  if (!radio) return false;
  radio.checked = true;
  radio.focus({ preventScroll: true });
  saveDraft();
  return true;
}

const actions = {
  "?": () => help.showModal(),
  i: () => { instructions.open = !instructions.open; },
  t: renew,
  s: () => {
    skip.open = !skip.open;
    if (skip.open) document.getElementById("skip-reason").focus();
  },
};

document.addEventListener("keydown", (event) => {
  if (help.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    // From the skip form the same key skips.
    if (skip.contains(document.activeElement)) document.activeElement.form?.requestSubmit();
    else send();
    return;
  }
  if (!singleKeys.checked || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (choose(event.key)) {
    event.preventDefault();
    return;
  }
  const action = actions[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});

// --- start ---------------------------------------------------------------------------------------------------------
// Instructions stay as the worker left them until their text changes.
const instructionsKey = `instructions:${text.project}`;
const instructionsText = instructions.textContent.trim();
if (recall(instructionsKey) === instructionsText) instructions.open = false;
instructions.addEventListener("toggle", () => remember(instructionsKey, instructions.open ? "" : instructionsText));

singleKeys.checked = recall("single-keys") !== "off";
singleKeys.addEventListener("change", () => remember("single-keys", singleKeys.checked ? "on" : "off"));
document.documentElement.dataset.keys = "on";
helpButton.hidden = false;
helpButton.addEventListener("click", () => help.showModal());
form.addEventListener("change", saveDraft);
restoreDraft();
tick();
window.setInterval(tick, 500);
