// One phone's mini program: brings the folder, compiles it, starts the app and its first page.
import { codesOnScreens, readCode } from "../scanning.js";
import { Asks } from "./asks.js";
import { declareBuiltIns } from "./components.js";
import * as dialogs from "./dialogs.js";
import { Loader } from "./loader.js";
import { Net } from "./net.js";
import { nodesToo } from "./nodes.js";
import { Pages } from "./pages.js";
import { parseQuery, resolve } from "./paths.js";
import { Files, Store } from "./store.js";
import { sized } from "./styles.js";
import { loadVendor } from "./vendor.js";
import { makeWx } from "./wx.js";

const asked = new URLSearchParams(location.search);
const phone = asked.get("phone") || "";

async function told(path) {
  const answer = await fetch(path);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || body.errmsg);
  return body;
}

// The phone's clock is the sandbox's.
function phoneDate(clock) {
  const at = performance.now();
  const now = () => Math.round((clock.time + ((performance.now() - at) / 1000) * clock.rate) * 1000);
  const Own = class Date extends window.Date {
    constructor(...given) {
      if (given.length) super(...given);
      else super(now());
    }
    static now() { return now(); }
  };
  return Own;
}

function failed(error) {
  const reason = error?.stack || error?.errMsg || String(error);
  console.error(reason);
  world.news?.error.tell(reason);
  world.app?.onError?.(reason);
  return undefined;
}

const world = {
  dialogs, failed, nodesToo,
  files: new Files(),
  net: new Net(phone),
  close() { tell({ close: true }); },
  tell,
  attempt(act) {
    try {
      return act();
    } catch (error) {
      return failed(error);
    }
  },
  // Where a path of the mini program is found: its own file, a temporary one, or the web.
  address(path) {
    if (!path || /^(https?:|data:|blob:)/.test(path)) return path;
    const own = world.files.address(path);
    if (own) return own;
    const from = world.pages?.top ? `${world.pages.top.path}.wxml` : "app.wxml";
    return world.loader.tree[resolve(from, path)] || `data:,missing ${path}`;
  },
  openAddress: (url) => `/_sandbox/open?phone=${encodeURIComponent(phone)}&url=${encodeURIComponent(url)}`,
  share(component) {
    const page = world.pages.top;
    const card = world.pages.call(page, "onShareAppMessage", { from: component ? "button" : "menu", target: component }) || {};
    const path = card.path || `/${page.path}`;
    return dialogs.tell("转发给朋友", `${card.title || page.title}\n${path}`);
  },
  async scanPicture(picture) {
    const text = await readCode(picture);
    if (text) tell({ scanned: text });
  },
  otherScreens: async () => (window.parent === window ? [] : codesOnScreens(window.parent.document, window)),
};

function tell(news) {
  if (window.parent !== window) window.parent.postMessage({ mini: phone, ...news }, location.origin);
}

// Styles written at a node know rpx too.
function withRpx(node) {
  const own = node.setAttribute.bind(node);
  node.setAttribute = (name, value) => own(name, name === "style" ? sized(String(value)) : value);
  return node;
}

function backendOf(easel) {
  const backend = new easel.CurrentWindowBackendContext();
  const own = document.createElement.bind(document);
  backend.document = {
    createElement: (tag) => withRpx(own(tag.startsWith("wx-") || tag.startsWith("x-") ? tag : `wx-${tag}`)),
    createTextNode: (text) => document.createTextNode(text),
    createDocumentFragment: () => document.createDocumentFragment(),
  };
  // 0.12.1 has no ready-made way to bring native events in; touches stand beside detail as on the phone.
  backend.onEvent((target, type, detail, options) => {
    const host = target.getBackendElement?.();
    if (type === "tap" && host?.closest?.('wx-button[aria-disabled="true"]')) return undefined;
    const native = options.originalEvent;
    const points = (list) => [...(list || [])].map(({ identifier, clientX, clientY, pageX, pageY }) => ({ identifier, clientX, clientY, pageX, pageY }));
    const extraFields = native?.touches ? { touches: points(native.touches), changedTouches: points(native.changedTouches) } : {};
    const event = new easel.Event(type, detail, { ...options, extraFields });
    easel.Event.dispatchEvent(target, event);
    return event.getEventBubbleStatus();
  });
  return backend;
}

// A key presses what is in focus, as a screen reader's double tap does; a held finger is a long press.
function gestures(easel) {
  const component = (node) => node?.closest?.("*") && [...ancestors(node)].find((one) => one.__wxElement)?.__wxElement;
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.key !== "Enter" && event.key !== " ") return;
    if (!/^WX-(BUTTON|NAVIGATOR|PICKER)$/.test(target.tagName) || target.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    easel.Event.triggerEvent(component(target), "tap", { x: 0, y: 0 }, { bubbles: true, composed: true });
  });
  let timer = 0;
  const end = () => clearTimeout(timer);
  document.addEventListener("pointerdown", (event) => {
    end();
    const target = component(event.target);
    if (target) timer = setTimeout(() => easel.Event.triggerEvent(target, "longpress", { x: event.clientX, y: event.clientY }, { bubbles: true, composed: true }), 350);
  });
  for (const name of ["pointerup", "pointercancel", "pointermove"]) document.addEventListener(name, end);
}

function* ancestors(node) {
  for (let one = node; one; one = one.parentNode) yield one;
}

async function menu() {
  const page = world.pages.top;
  const items = [
    ["转发给朋友", () => world.share(null)],
    ["下拉刷新", () => world.pages.call(page, "onPullDownRefresh")],
    [world.net.isOnline ? "断开网络" : "恢复网络", () => world.net.setOnline(!world.net.isOnline)],
    ["换个地方（定位）", () => world.asks.choosePlace()],
    ["设置", () => world.asks.settings()],
    ["重新进入小程序", () => location.reload()],
  ];
  const at = await dialogs.actionSheet(items.map(([words]) => words));
  if (at >= 0) await items[at][1]();
}

async function startApp(vendor) {
  const { loader } = world;
  const path = (asked.get("page") || loader.app.entryPagePath || loader.app.pages[0]).replace(/^\//, "");
  const query = parseQuery(asked.get("query") || "");
  world.start = { path, query, scene: Number(asked.get("scene")) || 1001, referrerInfo: {}, apiCategory: "default" };
  let definition = {};
  const globals = {
    App: (given) => { definition = given; }, getApp: () => world.app, getCurrentPages: () => world.pages.current(),
    Date: phoneDate(world.account.clock), requirePlugin: (name) => { throw new Error(`插件 ${name} 不能在沙盒里运行`); },
  };
  Object.assign(loader.globals, globals);
  world.pages = new Pages(loader, world);
  loader.globals.wx = makeWx(world);
  world.wx = loader.globals.wx;
  if (loader.tree["app.js"] !== undefined) loader.run("app.js");
  world.app = definition;
  world.app.onLaunch?.(world.start);
  world.app.onShow?.(world.start);
  world.news.show.tell(world.start);
  const first = world.pages.list.includes(path) ? path : loader.app.pages[0];
  if (first !== path) world.app.onPageNotFound?.({ path, query, isEntryPage: true });
  world.pages.show(world.pages.open(first, query));
  gestures(vendor.easel);
}

async function start() {
  const [account, tree, vendor] = await Promise.all([
    told(`/_sandbox/mini/start?phone=${encodeURIComponent(phone)}`), told("/_sandbox/mini/tree"), loadVendor(),
  ]);
  Object.assign(world, { account, person: account.person, templates: account.templates, phoneNumber: account.phone });
  world.store = new Store(phone, account.mini_app_id);
  const loader = (world.loader = new Loader(tree, vendor, {}));
  world.needsPrivacy = Boolean(loader.app.__usePrivacyCheck__);
  world.asks = new Asks(phone, world);
  vendor.easel.addGlobalErrorListener?.((error) => { failed(error); return false; });
  world.backend = backendOf(vendor.easel);
  loader.compile();
  loader.createSpace(declareBuiltIns(loader, world));
  await startApp(vendor);
  document.body.dataset.ready = "yes";
}

document.getElementById("close").addEventListener("click", () => world.close());
document.getElementById("more").addEventListener("click", () => menu().catch(failed));
window.addEventListener("message", (event) => {
  if (event.origin !== location.origin || event.source !== window.parent) return;
  if ("online" in event.data) world.net.setOnline(event.data.online);
  if (event.data.visible === false) { world.app?.onHide?.(); world.news?.hide.tell(); }
  if (event.data.visible === true) { world.app?.onShow?.(world.start); world.news?.show.tell(world.start); }
});
window.addEventListener("unhandledrejection", (event) => {
  world.news?.rejection.tell({ reason: event.reason, promise: event.promise });
});

start().catch((error) => {
  console.error(error);
  const node = document.createElement("pre");
  node.className = "mph-failure";
  node.setAttribute("role", "alert");
  node.textContent = `小程序没有启动：\n${error.message}`;
  document.getElementById("stage").replaceChildren(node);
  document.body.dataset.ready = "failed";
});
