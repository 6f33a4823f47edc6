// Questions dragged to another place, and a section of the library ticked at once. Who does not drag
// has the buttons 上移 and 下移.
"use strict";

(() => {
  function dropped(event) {
    if (event.oldIndex === event.newIndex) return;
    const box = document.getElementById("questions");
    const button = box.querySelector("[data-order]");
    const order = [...box.querySelectorAll("[data-no]")].map((each) => each.dataset.no);
    button.value = `order-${order.join(",")}`;
    button.click();
  }

  let ready = null; // not an attribute: htmx carries those over to the element that takes its place
  function arrange() {
    const box = document.getElementById("questions");
    if (!box || box === ready) return;
    ready = box;
    // no fallback and no animation: both write inline styles, which the page's policy forbids
    Sortable.create(box, {
      handle: "[data-handle]",
      draggable: "[data-no]",
      onEnd: dropped,
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick-section]");
    if (!button) return;
    for (const each of document.querySelectorAll("#library [data-section]")) {
      if (each.dataset.section === button.dataset.tickSection) each.checked = true;
    }
  });
  // The preview follows what is written, a moment after the last key.
  let waits = 0;
  function look() {
    clearTimeout(waits);
    waits = setTimeout(() => window.htmx.trigger("#preview", "look"), 500);
  }
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest("form")?.querySelector("#preview")) look();
    });
  }
  // Each arrangement brings a new list: it is made ready when a finger or the mouse comes down on it.
  document.addEventListener("pointerdown", arrange, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.pathInfo.requestPath.endsWith("/arrange")) look();
  });
})();
