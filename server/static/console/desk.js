// Columns and articles of an issue are dragged by their handles; each drop is saved at once. Who does
// not drag has the buttons.
"use strict";

(() => {
  const place = document.getElementById("desk").parentElement; // the desk itself is replaced by each answer

  function dropped(event) {
    if (event.from === event.to && event.oldIndex === event.newIndex) return;
    const form = document.getElementById("desk-form");
    form.elements.dropped.value = event.item.dataset.row;
    form.elements.into.value = event.to.dataset.articles || "";
    form.elements.place.value = event.newIndex;
    form.requestSubmit();
  }

  function arrange() {
    const columns = place.querySelector("[data-columns]");
    if (!columns || columns.dataset.ready) return;
    columns.dataset.ready = "1";
    // The fallback moves the row itself, fingers and mice alike; an animation would write inline styles.
    const all = { forceFallback: true, fallbackTolerance: 4, ghostClass: "desk-ghost", onEnd: dropped };
    Sortable.create(columns, { ...all, handle: "[data-handle=column]", draggable: ".desk-column" });
    for (const list of columns.querySelectorAll("[data-articles]")) {
      Sortable.create(list, { ...all, group: "articles", handle: "[data-handle=article]", draggable: ".desk-article" });
    }
  }

  new MutationObserver(arrange).observe(place, { childList: true });
  arrange();
})();
