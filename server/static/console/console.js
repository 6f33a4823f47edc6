// What the console's pages do in the browser. No inline script, no eval: the CSP allows neither.
"use strict";

(() => {
  const dialog = () => document.getElementById("confirm");

  // Asks, and on 确定 acts with the answer; `wanted` labels a sentence that must be written.
  function ask(question, wanted, act) {
    const box = dialog();
    const answer = box.querySelector("#confirm-answer");
    box.querySelector("#confirm-question").textContent = question;
    box.querySelector("[data-ask]").hidden = !wanted;
    box.querySelector("label").textContent = wanted;
    answer.value = "";
    answer.required = Boolean(wanted);
    answer.oninput = () => answer.setCustomValidity(wanted && !answer.value.trim() ? `请填写${wanted}` : "");
    answer.oninput();
    box.returnValue = "";
    box.onclose = () => { if (box.returnValue === "yes") act(answer.value.trim()); };
    box.showModal();
  }

  // A short form that came into the dialog opens it; closing it with something typed asks first.
  const edit = document.getElementById("edit");
  const typed = () => JSON.stringify([...edit.querySelectorAll("form")].map((form) =>
    [...new FormData(form)].filter(([name]) => name !== "csrf_token")));
  let shown = "";
  if (edit) {
    new MutationObserver(() => {
      if (!document.getElementById("dialog-body").firstElementChild) return;
      if (!edit.open) { edit.showModal(); shown = typed(); }
      (edit.querySelector("[aria-invalid=true]") ?? edit.querySelector("form input:not([type=hidden]), form select, form textarea"))?.focus();
    }).observe(document.getElementById("dialog-body"), { childList: true });
    edit.addEventListener("cancel", (event) => { event.preventDefault(); leave(); });
    edit.addEventListener("close", () => { document.getElementById("dialog-body").replaceChildren(); });
  }

  function leave() {
    if (typed() === shown) edit.close();
    else ask("填写的内容还没有保存，确定关闭？", "", () => edit.close());
  }

  // Forms with data-confirm ask first; data-ask wants a sentence, sent as `reason`.
  function askForm(form) {
    ask(form.dataset.confirm, form.dataset.ask || "", (answer) => {
      // A list that polls may have put a new form in its place meanwhile.
      const live = form.isConnected ? form : document.querySelector(`form[action="${form.getAttribute("action")}"]`);
      if (!live) { location.reload(); return; }
      if (form.dataset.ask) live.elements.reason.value = answer;
      live.dataset.confirmed = "1";
      live.requestSubmit();
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      event.stopPropagation();
      askForm(form);
      return;
    }
    delete form.dataset.confirmed;
    // A second tap on a slow line must not act twice.
    if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-stays")) {
      for (const button of form.querySelectorAll("button[type=submit]")) {
        setTimeout(() => { button.disabled = true; }, 0);
      }
    }
  }, true);

  // Two people edited one row: the field takes the value that is chosen.
  document.addEventListener("change", (event) => {
    const { take, value } = event.target.dataset ?? {};
    if (!take) return;
    const fields = [...document.querySelectorAll(`form [name="${CSS.escape(take)}"]`)];
    const values = value.split("\n");
    for (const field of fields) {
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
      else if (field.type !== "hidden" || fields.length === 1) field.value = value;
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
  });

  // A part of a form that is taken away (data-remove) takes its text along: asked, where there is any.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-remove]");
    if (!button || button.dataset.confirmed) return;
    const part = button.closest(".list-group-item, fieldset");
    if (![...part.querySelectorAll("textarea, input:not([type=hidden], [type=checkbox])")].some((each) => each.value.trim())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(`${button.dataset.remove}？其中已填写的内容会一起去掉。`, "", () => {
      button.dataset.confirmed = "1";
      button.click();
    });
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-back], [data-close], [data-unfold]");
    if (!target) return;
    if (target.hasAttribute("data-unfold")) {
      target.closest("form").classList.remove("is-folded");
      target.remove();
    } else if (target.hasAttribute("data-close")) {
      if (target.closest("dialog") === edit) leave();
      else target.closest("dialog").close("no");
    }
    else history.back();
  });

  // A page restored from the browser's memory has its buttons disabled and its token stale.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
