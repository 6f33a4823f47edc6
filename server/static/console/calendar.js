// Drag a scheduled push to another day; dropping asks the server, which may refuse.
document.addEventListener("DOMContentLoaded", () => {
  const calendar = document.querySelector("[data-calendar]");
  const form = document.getElementById("calendar-move");
  if (!calendar || !form || !window.matchMedia("(min-width: 768px)").matches) return;
  for (const cell of calendar.querySelectorAll("[data-day]")) {
    window.Sortable.create(cell, {
      group: "days",
      draggable: ".calendar-entry",
      filter: ".calendar-entry:not(.can-move)",
      preventOnFilter: false,
      sort: false,
      ghostClass: "is-moving",
      forceFallback: true, // a link dragged natively is taken for its address
      onEnd: ({ item, from, to }) => {
        if (from === to) return;
        form.action = item.dataset.move;
        form.elements.day.value = to.dataset.day;
        form.submit();
      },
    });
  }
});
