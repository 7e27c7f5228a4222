// What every page with a question shares: keys, help, the ranking, the length of a text, one way to send.
"use strict";

const assay = (() => {
  const form = document.getElementById("answer");
  const help = document.getElementById("help");
  const helpButton = document.getElementById("help-open");
  const singleKeys = document.getElementById("single-keys");
  const instructions = document.getElementById("instructions");
  const notice = document.getElementById("notice");
  const aloud = document.getElementById("aloud");
  const first = form.querySelector("[data-first]");
  const text = document.getElementById("work").dataset;

  // --- what this browser remembers; storage may be full or forbidden, and the page works all the same -------------
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

  // --- choices: number keys choose one, or switch one of several --------------------------------------------------
  const choices = [...form.querySelectorAll("input[name=choice]")];
  const isOneOf = choices.some((input) => input.type === "radio");

  function choose(key) {
    const input = choices.find((candidate) => candidate.dataset.key === key);
    if (!input) return false;
    input.checked = input.type === "radio" || !input.checked;
    input.focus({ preventScroll: true });
    changed();
    return true;
  }

  // --- ranking: an order of items, moved by buttons or arrow keys, kept in the selects that work without script ------
  const ranking = document.getElementById("ranking");
  const items = () => [...ranking.children];
  let isRanked = true;

  function number() {
    items().forEach((item, i) => {
      item.querySelector("select").value = String(i + 1);
      item.querySelector(".ranked-number").textContent = String(i + 1);
      item.querySelector("[data-move='-1']").disabled = i === 0;
      item.querySelector("[data-move='1']").disabled = i === ranking.children.length - 1;
    });
  }

  function move(item, steps) {
    const other = items()[items().indexOf(item) + steps];
    isRanked = true;
    if (!other) return;
    if (steps < 0) other.before(item);
    else other.after(item);
    number();
    const place = items().indexOf(item) + 1;
    const words = ranking.dataset.textMoved.replace("%name%", item.dataset.name).replace("%place%", place);
    aloud.textContent = words.replace("%all%", ranking.children.length);
    item.scrollIntoView({ block: "nearest" });
    changed();
  }

  function orderByPlaces() {
    const place = (item) => Number(item.querySelector("select").value) || ranking.children.length + 1;
    items().sort((one, other) => place(one) - place(other)).forEach((item) => ranking.append(item));
    number();
  }

  if (ranking) {
    // An order that nobody has touched is no answer yet: it was drawn at random.
    isRanked = items().every((item) => item.querySelector("select").value !== "");
    for (const item of items()) {
      item.tabIndex = 0;
      item.querySelector(".ranked-place").hidden = true;
      for (const part of item.querySelectorAll(".ranked-number, .ranked-moves")) part.hidden = false;
      for (const button of item.querySelectorAll("[data-move]")) {
        button.addEventListener("click", () => {
          move(item, Number(button.dataset.move));
          (button.disabled ? item : button).focus();
        });
      }
      item.addEventListener("keydown", (event) => {
        if (event.target !== item || event.ctrlKey || event.metaKey || event.altKey) return;
        const steps = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!steps) return;
        event.preventDefault();
        move(item, steps);
        item.focus();
      });
    }
    orderByPlaces();
  }

  // --- the length of a text, in characters as the server counts them ------------------------------------------------
  const lengthNow = document.getElementById("length-now");

  function count() {
    if (lengthNow) lengthNow.textContent = `${lengthNow.dataset.text} ${[...first.value.trim()].length}`;
  }

  // --- what is filled in ---------------------------------------------------------------------------------------------
  const listeners = [];

  function changed() {
    count();
    listeners.forEach((listener) => listener());
  }

  function fields() {
    const entries = [...new FormData(form)];
    return entries.filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "assignment");
  }

  function isEmpty() {
    return choices.every((input) => !input.checked) && (!first || first.value === "") && (!ranking || !isRanked);
  }

  function restore(entries) {
    for (const [name, value] of entries) {
      for (const input of form.elements) {
        if (input.name !== name || name === "") continue;
        if (input.type === "radio" || input.type === "checkbox") input.checked ||= input.value === value;
        else input.value = value;
      }
    }
    if (ranking) {
      orderByPlaces();
      isRanked = true;
    }
    count();
  }

  // Says what is missing, at the place where it is missing.
  function isReady() {
    if (isOneOf && choices.every((input) => !input.checked)) {
      tell(text.textChoose);
      choices[0].focus();
      return false;
    }
    if (ranking && !isRanked) {
      isRanked = true;
      tell(ranking.dataset.textAsked);
      ranking.firstElementChild.focus();
      return false;
    }
    return form.reportValidity();
  }

  function send() {
    if (isReady()) form.requestSubmit();
  }

  // --- keys ----------------------------------------------------------------------------------------------------------
  function isTyping(target) {
    const typing = "input:not([type=radio]):not([type=checkbox]), select, textarea";
    return target instanceof HTMLElement && target.closest(typing);
  }

  const actions = { "?": () => help.showModal() };
  if (instructions) actions.i = () => { instructions.open = !instructions.open; };
  if (first) actions.a = () => first.focus();
  const player = document.querySelector("audio, video");
  if (player) actions.p = () => (player.paused ? player.play() : player.pause());

  function digit(key) {
    if (ranking) {
      const item = items()[Number(key) - 1];
      item?.focus();
      return Boolean(item);
    }
    return choose(key);
  }

  document.addEventListener("keydown", (event) => {
    if (help.open) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      // In another form, such as that of skipping, the same key sends that form.
      const other = document.activeElement?.closest("form");
      if (other && other !== form && isTyping(document.activeElement)) other.requestSubmit();
      else send();
      return;
    }
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (!singleKeys.checked || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (/^[1-9]$/.test(event.key) && digit(event.key)) {
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
  if (instructions) {
    const key = `instructions:${instructions.dataset.project}`;
    const words = instructions.textContent.trim();
    if (recall(key) === words) instructions.open = false;
    instructions.addEventListener("toggle", () => remember(key, instructions.open ? "" : words));
  }

  singleKeys.checked = recall("single-keys") !== "off";
  singleKeys.addEventListener("change", () => remember("single-keys", singleKeys.checked ? "on" : "off"));
  helpButton.hidden = false;
  helpButton.addEventListener("click", () => help.showModal());
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    // The button was pressed: the same question as for the key.
    if (event.submitter && !event.submitter.formNoValidate && ranking && !isReady()) event.preventDefault();
  });
  count();
  document.documentElement.dataset.keys = "on";
  return { form, text, actions, fields, isEmpty, restore, tell, remember, recall, onChange: (f) => listeners.push(f) };
})();
