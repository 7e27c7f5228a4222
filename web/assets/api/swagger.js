"use strict";
// Keys that are typed in stay in this page: nothing is written to the browser's storage.
SwaggerUIBundle({
  url: document.getElementById("document").dataset.address,
  dom_id: "#document",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
