// What is typed into a long form (data-keep) is not lost when the session ends, a link is followed or
// the browser goes back: it waits in this tab, for this account, and is offered when the form is opened
// again. Neither files nor passwords are kept; signing out forgets everything.
"use strict";

(() => {
  const PREFIX = "kept:";
  const account = document.body.dataset.account;
  if (!account) return; // the sign-in page: what waits goes on waiting

  const pathOf = (form) => new URL(form.action, location.href).pathname;
  const keyOf = (form) => `${PREFIX}${account}:${pathOf(form)}`;
  const read = (key) => JSON.parse(sessionStorage.getItem(key) || "null");
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

  const typed = (form) => [...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && name !== "csrf_token" && form.querySelector(`[name="${CSS.escape(name)}"]`)?.type !== "password");
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  function keep(form, values) {
    try {
      sessionStorage.setItem(keyOf(form), JSON.stringify({ values, path: pathOf(form) }));
    } catch (full) {
      console.info("浏览器的存储已满，没有留下填写的内容", full.name);
    }
  }

  // What was sent and led to another page, or to this one with word of success, is done, unless that page
  // was signing in again; what another account left is not ours to see.
  const isBack = new URL(document.referrer || location.href).pathname.endsWith("/sign-in");
  const isSaved = Boolean(document.querySelector("#messages .alert-success"));
  for (const key of keys()) {
    const isMine = key.startsWith(`${PREFIX}${account}:`);
    const isDone = isMine && read(key).sent && (isSaved || read(key).path !== location.pathname) && !isBack;
    if (!isMine || isDone) sessionStorage.removeItem(key);
  }

  const form = document.querySelector("form[data-keep]");
  if (form) watch(form);
  document.querySelector("form[data-forget]")?.addEventListener("submit", () => keys().forEach((key) => sessionStorage.removeItem(key)));

  function watch(form) {
    const shown = typed(form);
    const kept = read(keyOf(form));
    const isAnswer = form.dataset.keep === "typed"; // the form came back with what was typed in it
    let isSent = false;
    if (isAnswer || (kept && same(kept.values, shown))) sessionStorage.removeItem(keyOf(form));
    else if (kept) offer(form, kept.values);

    form.addEventListener("submit", () => {
      keep(form, typed(form));
      const sent = read(keyOf(form));
      if (sent) sessionStorage.setItem(keyOf(form), JSON.stringify({ ...sent, sent: true }));
      isSent = true;
    });
    window.addEventListener("pagehide", () => {
      const now = typed(form);
      if (!isSent && (isAnswer || !same(now, shown))) keep(form, now);
    });
  }

  function offer(form, values) {
    const bar = document.createElement("div");
    bar.className = "alert alert-warning";
    bar.setAttribute("role", "status");
    const words = document.createElement("div");
    words.className = "flex-fill";
    words.textContent = "您上次在这里填写的内容没有保存，还可以恢复。";
    bar.append(words, button("恢复填写的内容", "btn btn-primary", () => { bar.remove(); restore(form, values); }),
      button("不要了", "btn ms-2", () => { bar.remove(); sessionStorage.removeItem(keyOf(form)); }));
    document.getElementById("messages").append(bar);
  }

  function button(text, css, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = css;
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function restore(form, values) {
    if (form.dataset.keepAt) { rebuild(form, values); return; }
    for (const control of form.elements) {
      if (!control.name || control.name === "csrf_token" || ["file", "password"].includes(control.type)) continue;
      const given = values.filter(([name]) => name === control.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(control.type)) control.checked = given.includes(control.value);
      else if (given.length) control.value = given[0];
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  // A form whose parts come and go is built by the server from what was typed.
  function rebuild(form, values) {
    const sent = document.createElement("form");
    sent.method = "post";
    sent.action = form.dataset.keepAt;
    for (const [name, value] of [...values, ["csrf_token", form.elements.csrf_token.value]]) {
      const control = document.createElement("textarea");
      control.name = name;
      control.value = value;
      sent.append(control);
    }
    sent.hidden = true;
    document.body.append(sent);
    sessionStorage.removeItem(keyOf(form));
    sent.submit();
  }
})();
