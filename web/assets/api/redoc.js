"use strict";
// The search would need a worker from a blob, which our content security policy refuses.
const place = document.getElementById("document");
Redoc.init(place.dataset.address, { nonce: place.dataset.nonce, disableSearch: true, hideDownloadButton: false }, place);
