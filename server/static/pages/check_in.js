// The page a scanned code opens sends its form once, as if its button had been pressed.
"use strict";

(() => {
  const form = document.querySelector("[data-sends-itself] form");
  if (!form || sessionStorage.getItem(location.pathname)) return; // not again when one comes back to it
  sessionStorage.setItem(location.pathname, "sent");
  form.requestSubmit();
})();
