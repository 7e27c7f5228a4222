// Makes the work page quicker: a clock, more time in place, a draft that survives a reload. The page works without.
"use strict";

const { form, text, tell, remember, recall } = assay;
const clock = document.getElementById("clock");
const renewButton = document.getElementById("renew");
const skip = document.getElementById("skip");

// --- draft: in this browser at once, on the server within two seconds --------------------------------------------------
const DRAFT_PAUSE = 1200;
const draftKey = `draft:${text.project}`;
let draftTimer = 0;

function saveDraft() {
  remember(draftKey, JSON.stringify({ assignment: text.assignment, fields: assay.fields() }));
  draftTimer ||= window.setTimeout(sendDraft, DRAFT_PAUSE);
}

function sendDraft() {
  draftTimer = 0;
  if (isSending) return;
  // Where it fails, this browser still has the draft.
  fetch(text.draft, { method: "POST", body: new FormData(form), credentials: "same-origin" }).catch(() => {});
}

function restoreDraft() {
  let draft = null;
  try {
    draft = JSON.parse(recall(draftKey) || "null");
  } catch {
    draft = null;
  }
  if (draft === null || draft.assignment !== text.assignment || !Array.isArray(draft.fields)) return;
  if (!assay.isEmpty()) return;
  assay.restore(draft.fields);
  if (!assay.isEmpty()) tell(text.textRestored, "info");
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
  if (event.defaultPrevented) return;
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

// --- start ---------------------------------------------------------------------------------------------------------
assay.actions.t = renew;
assay.actions.s = () => {
  skip.open = !skip.open;
  if (skip.open) document.getElementById("skip-reason").focus();
};
assay.onChange(saveDraft);
restoreDraft();
tick();
window.setInterval(tick, 500);
