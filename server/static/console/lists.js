// Lists: ticking rows for the bulk acts. The page works without it; the server asks again before it acts.
"use strict";

(() => {
  const boxes = () => [...document.querySelectorAll("[data-ticks] input[name=row]")];

  function count() {
    const bar = document.getElementById("bulk");
    if (!bar) return;
    const all = bar.querySelector("[data-tick-found]")?.checked;
    const ticked = boxes().filter((box) => box.checked).length;
    const told = bar.querySelector("[data-ticked]");
    const words = all ? "已选查询结果全部" : ticked ? `已选 ${ticked} 条` : "勾选后可成批处理";
    if (told.textContent !== words) told.textContent = words;
    for (const button of bar.querySelectorAll("button[type=submit]")) button.disabled = !all && !ticked;
    const head = document.querySelector("[data-tick-all]");
    if (head) {
      head.checked = ticked > 0 && ticked === boxes().length;
      head.indeterminate = ticked > 0 && ticked < boxes().length;
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    if (event.target.closest("[data-ticks], #bulk")) count();
  });

  // A filter puts a new list into the page.
  new MutationObserver(count).observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
  window.addEventListener("pageshow", count);
  count();
})();
