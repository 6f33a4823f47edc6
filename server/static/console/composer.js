// Rich text: Quill over the textarea that is sent. The CSP allows no inline style, so what is pasted goes to
// the server first, which makes plain structure of it (services/clipboard_html.py), the same as on saving.
"use strict";

(() => {
  if (!window.Quill) return; // the textarea goes on working
  const Delta = Quill.import("delta");
  const BlockEmbed = Quill.import("blots/block/embed");
  const ALLOWED = new Set(["TABLE", "THEAD", "TBODY", "TR", "TD", "TH", "CAPTION", "P", "BR", "UL", "OL", "LI",
    "STRONG", "EM", "U", "S", "SUB", "SUP", "A", "B", "I"]);

  const plainNode = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (!ALLOWED.has(node.tagName)) return document.createTextNode(node.textContent || "");
    const made = document.createElement(node.tagName);
    for (const name of ["href", "colspan", "rowspan"]) {
      if (node.hasAttribute(name)) made.setAttribute(name, node.getAttribute(name));
    }
    made.append(...[...node.childNodes].map(plainNode));
    return made;
  };

  // A table with merged cells or several lines in a cell is beyond Quill's: it is kept whole, as it came.
  class FixedTable extends BlockEmbed {
    static blotName = "fixedTable";
    static tagName = "FIGURE";
    static className = "fixed-table";
    static create(table) {
      const node = super.create();
      const note = document.createElement("figcaption");
      note.textContent = "这张表格有合并的单元格，按原样保留；要改请在原文件里改好再粘贴，不要了可以整张删除";
      node.append(plainNode(table instanceof Element ? table : parse(table).querySelector("table")), note);
      node.setAttribute("contenteditable", "false");
      return node;
    }
    static value(node) { return node.querySelector("table").outerHTML; }
    html() { return FixedTable.value(this.domNode); }
  }

  class Divider extends BlockEmbed {
    static blotName = "divider";
    static tagName = "HR";
    html() { return "<hr>"; }
  }
  Quill.register({ "formats/fixedTable": FixedTable, "formats/divider": Divider });

  const FORMATS = ["header", "bold", "italic", "underline", "strike", "script", "list", "indent", "blockquote", "link",
    "image", "table", "fixedTable", "divider"];

  // Without `style`: parsing it would already offend the CSP.
  const unstyled = (html) => html.replace(/<[^<>]+>/g, (tag) => tag.replace(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, ""));
  const parse = (html) => new DOMParser().parseFromString(unstyled(html), "text/html");
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const asHtml = (typed) => /<\/?[a-zA-Z][^<>]*>/.test(typed) ? unstyled(typed)
    : typed.split(/\n[ \t\u3000]*\n/).map((part) => `<p>${escaped(part.trim()).replace(/\n/g, "<br>")}</p>`).join("");
  const isSimple = (table) => !table.querySelector("th, caption, td[colspan], td[rowspan], td br, td p, td ul, td ol, td img, td table");

  function start(box) {
    const area = box.querySelector("textarea");
    const label = box.querySelector("label");
    const inner = box.querySelector(".rich-text-box");
    const told = box.querySelector("[data-told]");
    const bars = Object.fromEntries([...box.querySelectorAll("[data-bar]")].map((bar) => [bar.dataset.bar, bar]));
    let written = area.value;

    const quill = new Quill(box.querySelector("[data-editor]"), {
      formats: FORMATS,
      modules: {
        table: true,
        history: { userOnly: true },
        uploader: { mimetypes: [] },
        keyboard: { bindings: { tab: { key: "Tab", handler: () => true } } }, // Tab leaves the editor
      },
    });
    box.quill = quill;
    quill.clipboard.addMatcher("TABLE", (node, delta) => isSimple(node) ? delta : new Delta().insert({ fixedTable: node }));
    quill.clipboard.addMatcher("HR", () => new Delta().insert({ divider: true }));

    const root = quill.root;
    root.setAttribute("role", "textbox");
    root.setAttribute("aria-multiline", "true");
    root.setAttribute("aria-labelledby", label.id);
    if (area.hasAttribute("aria-describedby")) root.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
    if (area.hasAttribute("aria-invalid")) root.setAttribute("aria-invalid", "true");
    label.removeAttribute("for");
    label.addEventListener("click", () => quill.focus());
    area.hidden = true;
    inner.hidden = false;

    const tell = (text) => { told.textContent = text; told.hidden = !text; };
    const load = () => {
      written = area.value;
      quill.setContents(quill.clipboard.convert({ html: asHtml(area.value) }), "silent");
      quill.history.clear();
    };
    const write = () => {
      const isEmpty = !quill.getText().trim() && !root.querySelector("img, table, hr");
      written = isEmpty ? "" : quill.getSemanticHTML().replaceAll("&nbsp;", " ").replace(/<table style="[^"]*">/g, "<table>");
      area.value = written;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    };
    load();
    quill.on("text-change", write);
    root.addEventListener("blur", () => area.dispatchEvent(new Event("change", { bubbles: true })));
    // Somebody else changed the textarea: what was kept is put back (keep.js).
    area.addEventListener("change", () => { if (area.value !== written) load(); });

    const pressed = () => {
      const range = quill.getSelection();
      const now = range ? quill.getFormat(range) : {};
      for (const button of box.querySelectorAll("[data-format]")) {
        const [name, value] = button.dataset.format.split(":");
        button.setAttribute("aria-pressed", String(value ? now[name] === value : Boolean(now[name])));
      }
      box.querySelector("[data-header]").value = now.header || "";
      if (range) bars.table.hidden = !now.table;
    };
    quill.on("editor-change", pressed);

    box.querySelector("[data-header]").addEventListener("change", (event) => {
      quill.focus();
      quill.format("header", Number(event.target.value) || false, "user");
    });
    const link = bars.link.querySelector("input");
    const acts = {
      link() {
        const range = quill.getSelection(true);
        link.value = quill.getFormat(range).link || "";
        bars.link.hidden = false;
        link.focus();
      },
      "link-set"() {
        const address = link.value.trim();
        const isGood = /^https?:\/\/[^\s]+$/i.test(address) || /^\/(?![/\\])[^\s]*$/.test(address);
        bars.link.querySelector("[data-note]").textContent = isGood ? "" : "请填写 https:// 开头的网址，或 / 开头的本站地址";
        if (!isGood) return;
        const range = quill.getSelection(true);
        if (range.length) quill.formatText(range.index, range.length, "link", address, "user");
        else quill.insertText(range.index, address, { link: address }, "user");
        bars.link.hidden = true;
      },
      "link-drop"() {
        quill.getSelection(true);
        quill.format("link", false, "user");
        bars.link.hidden = true;
      },
      picture() { pictureWanted(); },
      table() { quill.focus(); quill.getModule("table").insertTable(2, 3); },
      clean() {
        const range = quill.getSelection(true);
        quill.removeFormat(range.index, range.length, "user");
      },
      undo() { quill.history.undo(); },
      redo() { quill.history.redo(); },
    };
    inner.addEventListener("mousedown", (event) => { if (event.target.closest(".rich-text-tools button, [data-table]")) event.preventDefault(); });
    inner.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.format) {
        const [name, value] = button.dataset.format.split(":");
        const isOn = button.getAttribute("aria-pressed") === "true";
        quill.focus();
        quill.format(name, isOn ? false : value || true, "user");
      } else if (button.dataset.table) {
        quill.focus();
        quill.getModule("table")[button.dataset.table]();
      } else acts[button.dataset.act]?.();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { bars.link.hidden = true; quill.focus(); }
      if (event.key !== "Enter") return;
      event.preventDefault(); // it would send the form
      acts["link-set"]();
    });

    // Pasting: before Quill sees it.
    root.addEventListener("paste", (event) => {
      const data = event.clipboardData;
      const html = data.getData("text/html");
      const text = data.getData("text/plain");
      event.preventDefault();
      event.stopImmediatePropagation();
      tell("");
      if (html) cleanPasted(html).then((answer) => insert(answer.html)(answer.left), () => {
        insert(asHtml(text))(0);
        tell("没有连上服务器，只粘贴了文字，格式没有带过来");
      });
      else if (text) insert(asHtml(text))(0);
      else if (data.files.length) pictureWanted(data.files);
    }, true);
    root.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length && !event.dataTransfer.types.includes("text/html")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      tell("请用复制和粘贴，不要拖进来");
    }, true);

    const pictureWanted = (files) => {
      if (!box.dataset.pictureUrl) { tell("这里不能插入图片"); return; }
      const at = quill.getSelection(true).index;
      const insert = (url, alt) => {
        quill.updateContents(new Delta().retain(at).insert({ image: url }, { alt }), "user");
        quill.setSelection(at + 1, 0, "silent");
        quill.focus();
      };
      box.dispatchEvent(new CustomEvent("picture-wanted", { bubbles: true, detail: { files, insert } }));
    };

    const insert = (html) => {
      const range = quill.getSelection(true);
      const format = quill.getFormat(range);
      let added = quill.clipboard.convert({ html });
      if (format.table) added = new Delta().insert(parse(html).body.innerText.replace(/\s+/g, " ").trim(), { table: format.table });
      quill.updateContents(new Delta().retain(range.index).delete(range.length).concat(added), "user");
      quill.setSelection(range.index + added.length(), 0, "silent");
      quill.scrollSelectionIntoView();
      return (left) => { if (left) tell(`有 ${left} 张图片没有随粘贴带过来（每张图片都要写明来源和授权），请另外插入`); };
    };

    async function cleanPasted(html) {
      const token = box.closest("form").elements.csrf_token.value;
      const answer = await fetch(box.dataset.pasteUrl, {
        method: "POST", body: html, redirect: "manual", headers: { "Content-Type": "text/html; charset=utf-8", "X-CSRFToken": token },
      });
      if (!answer.ok) throw new Error(`paste ${answer.status}`);
      return answer.json();
    }
  }

  const startAll = (within) => within.querySelectorAll("[data-rich-text]:not([data-started])").forEach((box) => {
    box.dataset.started = "1";
    start(box);
  });
  startAll(document);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node instanceof Element) startAll(node.parentElement || node);
  }).observe(document.body, { childList: true, subtree: true });
})();
