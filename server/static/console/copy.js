// A button with data-copy="id" copies the text of that field; data-copied="id" tells that it did.
"use strict";

(() => {
  if (document.documentElement.dataset.copies) return; // the page has several such texts
  document.documentElement.dataset.copies = "1";

  // Without https there is no clipboard to write to: the text is selected and copied as by hand.
  async function copied(field) {
    if (navigator.clipboard && window.isSecureContext) {
      try {
        await navigator.clipboard.writeText(field.value);
        return true;
      } catch (refused) {
        console.info("浏览器没有允许写剪贴板，改用选中复制", refused.name);
      }
    }
    field.focus();
    field.select();
    return document.execCommand("copy");
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    const told = document.querySelector(`[data-copied="${button.dataset.copy}"]`);
    told.textContent = "";
    const isDone = await copied(field);
    told.textContent = isDone ? "✓ 已复制，去群里粘贴即可" : "没有复制成功，文字已选中，请长按或按 Ctrl+C 复制";
  });
})();
