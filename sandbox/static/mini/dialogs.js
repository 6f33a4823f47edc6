// Toasts, modals, sheets and pickers over the pages. Each answers by a promise.

const layer = () => document.getElementById("layer");

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((one) => one != null));
  return node;
}

function shade(box, isLow = false) {
  const node = make("div", { class: isLow ? "mph-shade mph-low" : "mph-shade", role: "dialog", "aria-modal": "true" }, box);
  layer().append(node);
  box.querySelector("button, input, select, textarea")?.focus();
  return node;
}

let toastTimer = 0;

export function toast({ title = "", icon = "success", image = "", duration = 1500, mask = false, isLoading = false }) {
  hideToast();
  const mark = isLoading || icon === "loading" ? make("div", { class: "mph-spinner" }) : { success: make("b", {}, "✓"), error: make("b", {}, "✕") }[icon];
  const picture = image ? make("img", { src: image, alt: "", width: "38" }) : mark;
  layer().append(make("div", { class: mask ? "mph-toast-shade mph-mask" : "mph-toast-shade" }, make("div", { class: "mph-mini-toast", role: "status" }, picture || null, title)));
  if (!isLoading) toastTimer = setTimeout(hideToast, duration);
}

export function hideToast() {
  clearTimeout(toastTimer);
  for (const node of layer().querySelectorAll(".mph-toast-shade")) node.remove();
}

export function modal({ title = "", content = "", showCancel = true, cancelText = "取消", confirmText = "确定", confirmColor, cancelColor, editable = false, placeholderText = "" }) {
  return new Promise((done) => {
    const input = editable ? make("input", { placeholder: placeholderText, "aria-label": placeholderText || title }) : null;
    if (editable) input.value = content;
    const end = (confirm) => { node.remove(); done({ confirm, cancel: !confirm, content: editable && confirm ? input.value : null }); };
    const yes = make("button", { type: "button", class: "mph-yes", onclick: () => end(true) }, confirmText);
    const no = showCancel ? make("button", { type: "button", onclick: () => end(false) }, cancelText) : null;
    if (confirmColor) yes.style.color = confirmColor;
    if (cancelColor && no) no.style.color = cancelColor;
    const node = shade(make("div", { class: "mph-box" }, title ? make("h2", {}, title) : null, editable ? make("p") : make("p", {}, content), input, make("footer", {}, no, yes)));
  });
}

export const tell = (title, content) => modal({ title, content, showCancel: false, confirmText: "知道了" });

export function actionSheet(itemList, alertText = "") {
  return new Promise((done) => {
    const end = (at) => { node.remove(); done(at); };
    const rows = itemList.map((words, at) => make("button", { type: "button", onclick: () => end(at) }, words));
    const node = shade(make("div", { class: "mph-sheet mph-list" }, alertText ? make("p", { class: "mph-who" }, alertText) : null, ...rows, make("button", { type: "button", class: "mph-last", onclick: () => end(-1) }, "取消")), true);
  });
}

// A sheet with fields: {title, who, body: nodes, yes, no}; answers true or false.
export function sheet({ title, who = "", body = [], yes = "允许", no = "拒绝" }) {
  return new Promise((done) => {
    const end = (answer) => { node.remove(); done(answer); };
    const acts = make("div", { class: "mph-acts" }, no ? make("button", { type: "button", onclick: () => end(false) }, no) : null, make("button", { type: "button", class: "mph-yes", onclick: () => end(true) }, yes));
    const node = shade(make("div", { class: "mph-sheet" }, make("h2", {}, title), who ? make("p", { class: "mph-who" }, who) : null, ...body, acts), true);
    node.finish = end;
    for (const one of body) one.sheet = node;
  });
}

// pickers ------------------------------------------------------------------------------

const words = (range, key) => (range || []).map((item) => String(key ? item[key] : item));

function column(range, key, value, name) {
  const select = make("select", { "aria-label": name }, ...words(range, key).map((text, at) => make("option", { value: at }, text)));
  select.value = String(value ?? 0);
  return select;
}

// Gives the value in the shape of the picker's mode, null when it was left.
export async function pick({ mode, range, rangeKey, value, start, end, fields, headerText }) {
  const title = headerText || { date: "选择日期", time: "选择时间", region: "选择地区" }[mode] || "请选择";
  if (mode === "date" || mode === "time") {
    const type = mode === "time" ? "time" : { month: "month", year: "number" }[fields] || "date";
    const input = make("input", { type, min: start || null, max: end || null, "aria-label": title });
    input.value = value || "";
    return (await sheet({ title, body: [input], yes: "确定", no: "取消" })) ? input.value : null;
  }
  if (mode === "region") {
    const input = make("input", { type: "text", "aria-label": title, placeholder: "省 市 区，空格隔开" });
    input.value = Array.isArray(value) ? value.join(" ") : "江苏省 苏州市 张家港市";
    return (await sheet({ title, body: [input], yes: "确定", no: "取消" })) ? input.value.trim().split(/\s+/) : null;
  }
  if (mode === "multiSelector") {
    const columns = (range || []).map((part, at) => column(part, rangeKey, value?.[at], `${title}${at + 1}`));
    const body = make("div", { class: "mph-columns" }, ...columns);
    return (await sheet({ title, body: [body], yes: "确定", no: "取消" })) ? columns.map((one) => Number(one.value)) : null;
  }
  const select = column(range, rangeKey, value, title);
  return (await sheet({ title, body: [select], yes: "确定", no: "取消" })) ? Number(select.value) : null;
}
