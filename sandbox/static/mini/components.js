// Built-in components, first half: how they are declared, and those that only show.
import { FORM_COMPONENTS } from "./forms.js";
import { BUILT_IN } from "./names.js";
import { TOUCH_COMPONENTS } from "./touch.js";

const COMMON = {
  hidden: Boolean, ariaLabel: String, ariaRole: String, role: String, ariaHidden: null, ariaDisabled: null, ariaChecked: null,
  hoverClass: String, hoverStartTime: null, hoverStayTime: null, hoverStopPropagation: null, animation: null,
};

const reflect = (name) => function (value) {
  const host = this.getBackendElement();
  if (value === false || value == null || value === "") host.removeAttribute(name);
  else host.setAttribute(name, value === true ? "" : String(value));
};

const COMMON_CHANGES = {
  hidden: reflect("hidden"), ariaLabel: reflect("aria-label"), ariaRole: reflect("role"), role: reflect("role"),
  ariaHidden: reflect("aria-hidden"), ariaDisabled: reflect("aria-disabled"), ariaChecked: reflect("aria-checked"),
};

// How a built-in is told: its properties, whether it takes children, what is made in the host element,
// what happens when a property changes. `this` is the component, `this.dom` its element.
export function declareBuiltIns(loader, world) {
  const space = loader.env.getGlobalCodeSpace().getComponentSpace();
  const templates = { "": loader.builtInTemplate(""), slot: loader.builtInTemplate("<slot/>") };
  const definitions = new Map();
  const told = { ...SHOWING, ...FORM_COMPONENTS, ...TOUCH_COMPONENTS };
  for (const name of BUILT_IN) {
    const one = told[name];
    if (!one) throw new Error(`built-in ${name} is not declared`);
    const template = one.inner ? loader.builtInTemplate(one.inner) : templates[one.isVoid ? "" : "slot"];
    definitions.set(name, space.defineComponent(definition(name, one, template, world)));
  }
  return definitions;
}

function definition(name, one, template, world) {
  const properties = {};
  const changes = { ...COMMON_CHANGES, ...one.changes };
  for (const [key, type] of Object.entries({ ...COMMON, ...one.properties })) {
    const rule = type !== null && typeof type === "object" && "type" in type ? { ...type } : { type };
    const change = changes[key];
    if (change) rule.observer = function (value) { if (this.dom) change.call(this, value, world); };
    properties[key] = rule;
  }
  return {
    is: `wx-${name}`,
    properties,
    template,
    lifetimes: {
      attached() {
        this.dom = this.getBackendElement();
        this.dom.wxComponent = this;
        if (one.made) one.made.call(this, world);
        for (const [key, change] of Object.entries(changes)) {
          const value = this.data[key];
          if (value !== undefined && value !== null && value !== "" && value !== false) change.call(this, value, world);
        }
        if (one.ready) one.ready.call(this, world);
      },
      detached() { if (one.gone) one.gone.call(this, world); },
    },
  };
}

export function child(host, tag, attributes = {}) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  host.append(node);
  return node;
}

const FIT = { scaleToFill: "fill", aspectFit: "contain", aspectFill: "cover", widthFix: "fill", heightFix: "fill" };
const PLACES = { top: "top", bottom: "bottom", center: "center", left: "left", right: "right" };

const image = {
  isVoid: true,
  properties: { src: String, mode: { type: String, value: "scaleToFill" }, lazyLoad: Boolean, showMenuByLongpress: Boolean, webp: Boolean, fadeIn: Boolean, alt: String },
  made(world) {
    this.picture = child(this.dom, "img", { alt: this.data.ariaLabel || "" });
    this.picture.addEventListener("load", (event) => {
      event.stopPropagation();
      this.triggerEvent("load", { width: this.picture.naturalWidth, height: this.picture.naturalHeight });
    });
    this.picture.addEventListener("error", (event) => {
      event.stopPropagation();
      this.picture.style.visibility = "hidden";
      this.triggerEvent("error", { errMsg: `GET ${this.data.src} fail` });
    });
    this.dom.addEventListener("contextmenu", () => {
      if (this.data.showMenuByLongpress) world.scanPicture(this.picture);
    });
  },
  changes: {
    src(value, world) {
      this.picture.style.visibility = "";
      this.picture.src = world.address(value);
    },
    mode(value) {
      this.dom.setAttribute("mode", value);
      this.picture.style.objectFit = FIT[value] || "none";
      if (!FIT[value]) this.picture.style.objectPosition = value.split(" ").map((word) => PLACES[word] || "").join(" ");
    },
    ariaLabel(value) { this.picture.alt = value; },
    alt(value) { this.picture.alt = value; },
  },
};

const GLYPHS = {
  success: ["#09bb07", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.3 14.3-4-4 1.4-1.4 2.6 2.6 5.6-5.6 1.4 1.4z"],
  success_no_circle: ["#09bb07", "m9 17-5-5 1.4-1.4L9 14.2 18.6 4.6 20 6z"],
  info: ["#10aeff", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 15h-2v-6h2zm0-8h-2V7h2z"],
  warn: ["#f76260", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 15h-2v-2h2zm0-4h-2V7h2z"],
  waiting: ["#10aeff", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4 12h-5V6h2v6h3z"],
  cancel: ["#f43530", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4 12.6L14.6 16 12 13.4 9.4 16 8 14.6 10.6 12 8 9.4 9.4 8l2.6 2.6L14.6 8 16 9.4 13.4 12z"],
  download: ["#09bb07", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 14-4-4h3V7h2v5h3z"],
  search: ["#b2b2b2", "M10 4a6 6 0 1 0 3.7 10.7l4.8 4.8 1.4-1.4-4.8-4.8A6 6 0 0 0 10 4zm0 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"],
  clear: ["#b2b2b2", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4 12.6L14.6 16 12 13.4 9.4 16 8 14.6 10.6 12 8 9.4 9.4 8l2.6 2.6L14.6 8 16 9.4 13.4 12z"],
};

function drawIcon() {
  const [color, path] = GLYPHS[this.data.type] || GLYPHS.info;
  const size = `${this.data.size || 23}px`;
  Object.assign(this.dom.style, { width: size, height: size });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", this.data.color || color);
  svg.append(shape);
  this.dom.replaceChildren(svg);
}

// Only these tags and no handlers: rich-text shows, it never runs.
const RICH = new Set(["a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"]);
const RICH_ATTRIBUTES = new Set(["class", "style", "src", "alt", "width", "height", "colspan", "rowspan", "start", "type"]);

function richNode(node, world) {
  if (node.type === "text") return document.createTextNode(node.text || "");
  const tag = RICH.has(String(node.name).toLowerCase()) ? String(node.name).toLowerCase() : "span";
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(node.attrs || {})) {
    if (!RICH_ATTRIBUTES.has(name)) continue;
    made.setAttribute(name, name === "src" ? world.address(String(value)) : String(value));
  }
  for (const one of node.children || []) made.append(richNode(one, world));
  return made;
}

function parsedNodes(text) {
  const read = (node) => node.nodeType === 3
    ? { type: "text", text: node.nodeValue }
    : { name: node.nodeName.toLowerCase(), attrs: Object.fromEntries([...(node.attributes || [])].map((one) => [one.name, one.value])), children: [...node.childNodes].filter((one) => one.nodeType === 1 || one.nodeType === 3).map(read) };
  const body = new DOMParser().parseFromString(text, "text/html").body;
  return [...body.childNodes].filter((one) => one.nodeType === 1 || one.nodeType === 3).map(read);
}

const SHOWING = {
  view: {}, "cover-view": { properties: { scrollTop: null } }, "root-portal": { properties: { enable: null } },
  text: { properties: { selectable: Boolean, userSelect: Boolean, space: String, decode: Boolean, overflow: String, maxLines: null },
    changes: { selectable() { this.dom.style.userSelect = "text"; }, userSelect() { this.dom.style.userSelect = "text"; } } },
  image, "cover-image": image,
  icon: { isVoid: true, properties: { type: String, size: null, color: String }, made: drawIcon,
    changes: { type: drawIcon, size: drawIcon, color: drawIcon } },
  progress: { isVoid: true,
    properties: { percent: null, showInfo: Boolean, strokeWidth: null, color: String, activeColor: String, backgroundColor: String, active: Boolean, borderRadius: null, fontSize: null, duration: null, activeMode: String },
    made() { this.bar = child(this.dom, "i"); },
    changes: { percent(value) { this.bar.style.width = `${Math.max(0, Math.min(100, Number(value) || 0))}%`; },
      strokeWidth(value) { this.dom.style.height = `${parseFloat(value)}px`; },
      activeColor(value) { this.bar.style.background = value; }, color(value) { this.bar.style.background = value; },
      backgroundColor(value) { this.dom.style.background = value; } } },
  "rich-text": { isVoid: true, properties: { nodes: null, space: String, userSelect: Boolean, mode: String },
    changes: { nodes(value, world) {
      const nodes = typeof value === "string" ? parsedNodes(value) : value || [];
      this.dom.replaceChildren(...nodes.map((node) => richNode(node, world)));
    } } },
  "open-data": { isVoid: true, properties: { type: String, lang: String, openGid: String, defaultText: String, defaultAvatar: String },
    ready() { this.dom.textContent = this.data.defaultText || "微信用户"; } },
  "official-account": { isVoid: true, ready(world) { this.dom.textContent = `关注公众号：${world.account.name}`; } },
  map: { properties: { latitude: null, longitude: null, scale: null, markers: null, circles: null, polyline: null, showLocation: Boolean, includePoints: null, enableZoom: null, enableScroll: null },
    ready() { this.dom.append(`地图 ${Number(this.data.latitude).toFixed(4)}，${Number(this.data.longitude).toFixed(4)}`); } },
  "web-view": { isVoid: true, properties: { src: String }, made() { this.page = child(this.dom, "iframe", { title: "网页" }); },
    changes: { src(value, world) { this.page.src = world.openAddress(value); } } },
  video: { isVoid: true, properties: { src: String, poster: String, controls: { type: Boolean, value: true }, autoplay: Boolean, loop: Boolean, muted: Boolean, objectFit: String, title: String, initialTime: null },
    made() { this.player = child(this.dom, "video", { controls: "" }); },
    changes: { src(value, world) { this.player.src = world.address(value); }, poster(value, world) { this.player.poster = world.address(value); } } },
};
