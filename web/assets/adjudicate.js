// The page of one dispute: R goes to the reason, N to the next one.
"use strict";

/* global assay */
(() => {
  const reason = document.getElementById("reason");
  const next = document.getElementById("next");
  assay.actions.r = () => reason.focus();
  if (next) assay.actions.n = () => next.click();
})();
