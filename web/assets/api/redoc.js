"use strict";
// ReDoc would show its makers' logo from their server: no picture of this page is loaded from elsewhere.
const isOurs = (value) => {
  const address = new URL(value, location);
  return address.protocol === "data:" || address.origin === location.origin;
};
const { set: setSource, get: getSource } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
Object.defineProperty(HTMLImageElement.prototype, "src", {
  get: getSource,
  set(value) { if (isOurs(value)) setSource.call(this, value); },
});
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOurs(value)) Element.prototype.setAttribute.call(this, name, value);
};
// The search would need a worker from a blob, which our content security policy refuses.
const place = document.getElementById("document");
Redoc.init(place.dataset.address, { nonce: place.dataset.nonce, disableSearch: true, hideDownloadButton: false }, place);
