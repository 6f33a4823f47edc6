// The dialog that puts a picture into a text: chosen from the library, or uploaded with its right and its words.
"use strict";

(() => {
  let dialog, place;

  document.addEventListener("picture-wanted", (event) => {
    place = event.detail.insert;
    open(event.target.dataset.pictureUrl, event.detail.files);
  });

  async function open(address, files) {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "picture-dialog";
      dialog.setAttribute("aria-labelledby", "picture-dialog-title");
      dialog.addEventListener("click", chosen);
      dialog.addEventListener("submit", sent);
      document.body.append(dialog);
    }
    await show(await ask(address));
    dialog.showModal();
    if (files?.length) {
      const form = dialog.querySelector("[data-picture-upload]");
      form.elements.file.files = files;
      form.closest("details").open = true;
      form.elements.alt.focus();
    }
  }

  // Each form of the dialog is answered by the dialog anew, or by the picture's address.
  async function ask(address, options = {}) {
    try {
      const answer = await fetch(address, { redirect: "manual", ...options });
      if (answer.ok) return answer;
      return told(answer.status === 413 ? "图片超过 10 MB，请压缩后再传" : "登录已失效或没有权限，请在另一个窗口重新登录后再试");
    } catch (broken) {
      return told(`没有连上服务器，请稍后再试（${broken.name}）`);
    }
  }

  const told = (text) => ({ ok: false, text: async () => "", headers: new Headers(), told: text });

  async function show(answer) {
    if (answer.told) { note(answer.told); return; }
    const kept = dialog.querySelector("input[type=file]")?.files;
    dialog.innerHTML = await answer.text();
    if (kept?.length) dialog.querySelector("input[type=file]").files = kept; // a form that comes back forgets its file
    dialog.querySelector("[aria-invalid]")?.focus();
  }

  function note(text) {
    const line = document.createElement("p");
    line.className = "alert alert-danger";
    line.setAttribute("role", "alert");
    line.textContent = text;
    if (!dialog.querySelector(".picture-dialog-head")) {
      const close = document.createElement("button");
      close.type = "button";
      close.className = "btn";
      close.dataset.pictureClose = "";
      close.textContent = "关闭";
      dialog.replaceChildren(line, close);
    } else {
      dialog.querySelectorAll(".alert").forEach((each) => each.remove());
      dialog.querySelector(".picture-dialog-head").after(line);
    }
  }

  function chosen(event) {
    if (event.target.closest("[data-picture-close]")) { dialog.close(); return; }
    const picture = event.target.closest("[data-picture]");
    if (picture) put(picture.dataset.picture, picture.dataset.alt);
  }

  async function sent(event) {
    event.preventDefault();
    const form = event.target;
    if (form.hasAttribute("data-picture-search")) {
      await show(await ask(`${form.action}?${new URLSearchParams(new FormData(form))}`));
      return;
    }
    const answer = await ask(form.action, { method: "POST", body: new FormData(form) });
    form.querySelectorAll("button[type=submit]").forEach((button) => setTimeout(() => { button.disabled = false; }, 1));
    if (!(answer.headers.get("Content-Type") || "").includes("json")) { await show(answer); return; }
    const picture = await answer.json();
    put(picture.url, picture.alt);
  }

  function put(url, alt) {
    dialog.close();
    place(url, alt);
  }
})();
