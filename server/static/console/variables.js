// The menu of variables: a tap puts one where the caret stands; only those of the chosen content are offered.
"use strict";

(() => {
  const menu = document.querySelector("[data-variables]");
  if (!menu) return;
  const field = document.getElementById(menu.dataset.variables);
  const content = document.getElementById(menu.dataset.content);

  const offer = () => {
    const kind = content.value.split(":")[0];
    for (const button of menu.querySelectorAll("[data-kinds]")) {
      button.closest("li").hidden = Boolean(kind) && !button.dataset.kinds.split(" ").includes(kind);
    }
  };
  content.addEventListener("change", offer);
  offer();
  menu.querySelectorAll("button").forEach((button) => { button.disabled = false; });

  menu.addEventListener("click", (event) => {
    const button = event.target.closest("[data-kinds]");
    if (!button) return;
    const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
    const room = field.maxLength > 0 ? field.maxLength - (field.value.length - (to - from)) : Infinity;
    if (button.dataset.insert.length > room) return;
    field.setRangeText(button.dataset.insert, from, to, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
