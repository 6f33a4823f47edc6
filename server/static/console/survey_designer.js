// Questions dragged to another place, and a section of the library ticked at once. The keyboard has
// the buttons 上移 and 下移.
(() => {
  const drag = () => {
    const box = document.getElementById("questions");
    if (!box || !window.Sortable || box.dataset.drags) return;
    box.dataset.drags = "1";
    window.Sortable.create(box, {
      handle: "[data-handle]",
      draggable: "fieldset[data-no]",
      animation: 120,
      onEnd: () => {
        const order = [...box.querySelectorAll("fieldset[data-no]")].map((each) => each.dataset.no);
        window.htmx.ajax("POST", "/console/surveys/arrange", {
          source: box,
          target: "#questions",
          select: "#questions",
          swap: "outerHTML",
          values: { ...values(box.closest("form")), do: `order-${order.join(",")}` },
        });
      },
    });
  };
  const values = (form) => {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") (found[name] ??= []).push(value);
    }
    return found;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick-section]");
    if (!button) return;
    for (const each of document.querySelectorAll("#library [data-section]")) {
      if (each.dataset.section === button.dataset.tickSection) each.checked = true;
    }
  });
  document.addEventListener("htmx:afterSwap", drag);
  drag();
})();
