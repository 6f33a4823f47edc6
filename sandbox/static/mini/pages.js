// The page stack: opening, hiding, tab bar and navigation bar, in the platform's order of lifetimes.
import { addStyle } from "./loader.js";
import { parseQuery, resolve } from "./paths.js";

const MOST = 10;

export class Pages {
  constructor(loader, world) {
    this.loader = loader;
    this.world = world;
    this.stack = []; // {path, query, root, holder, style, config, title, …}
    this.tabs = new Map(); // tab pages stay alive
    this.list = [...(loader.app.pages || [])];
    for (const part of loader.app.subPackages || loader.app.subpackages || [])
      this.list.push(...part.pages.map((page) => resolve("", `${part.root}/${page}`)));
    this.backend = loader.env.associateBackend(world.backend);
    this.elements = { stage: find("stage"), nav: find("nav"), title: find("title"), back: find("back"), tabs: find("tabs") };
    this.elements.back.addEventListener("click", () => (this.stack.length > 1 ? this.back(1) : this.reLaunch(`/${this.list[0]}`)));
    this.drawTabs();
  }

  get top() {
    return this.stack.at(-1);
  }

  current() {
    return this.stack.map((page) => page.caller);
  }

  absolute(url) {
    const [path, query = ""] = url.split("?");
    const from = this.top ? `${this.top.path}.wxml` : "app.wxml";
    return `/${resolve(from, path)}${query ? `?${query}` : ""}`;
  }

  isTab(path) {
    return Boolean(this.loader.app.tabBar?.list.some((item) => item.pagePath === path));
  }

  // Raises with the platform's own words for a page that is not in app.json.
  split(url, act) {
    const [path, query = ""] = this.absolute(url).slice(1).split("?");
    if (!this.list.includes(path)) throw new Error(`${act}:fail page "${path}" is not found`);
    return { path, query: parseQuery(query) };
  }

  async navigateTo(url, events) {
    const { path, query } = this.split(url, "navigateTo");
    if (this.isTab(path)) throw new Error("navigateTo:fail can not navigateTo a tabbar page");
    if (this.stack.length >= MOST) throw new Error(`navigateTo:fail webview count limit exceed`);
    this.hide(this.top);
    const page = this.open(path, query);
    page.caller.getOpenerEventChannel = () => events || page.channel;
    this.show(page);
    return page;
  }

  redirectTo(url) {
    const { path, query } = this.split(url, "redirectTo");
    if (this.isTab(path)) throw new Error("redirectTo:fail can not redirectTo a tabbar page");
    this.drop(this.stack.pop());
    this.show(this.open(path, query));
  }

  switchTab(url) {
    const { path } = this.split(url.split("?")[0], "switchTab");
    if (!this.isTab(path)) throw new Error("switchTab:fail can not switch to no-tabBar page");
    const before = this.top;
    if (before?.path === path) return;
    if (before && this.isTab(before.path)) this.hide(before);
    while (this.stack.length) {
      const page = this.stack.pop();
      if (!this.isTab(page.path)) this.drop(page);
    }
    this.show(this.tabs.get(path) || this.open(path, {}), true);
  }

  reLaunch(url) {
    const { path, query } = this.split(url, "reLaunch");
    while (this.stack.length) this.drop(this.stack.pop());
    for (const page of this.tabs.values()) this.drop(page);
    this.tabs.clear();
    this.show(this.open(path, query));
  }

  back(delta = 1) {
    if (this.stack.length <= 1) return this.world.close();
    for (let left = Math.min(delta, this.stack.length - 1); left > 0; left -= 1) this.drop(this.stack.pop());
    this.show(this.top);
  }

  open(path, query) {
    this.loader.register(path, true);
    const holder = document.createElement("div");
    holder.className = "mph-page-holder";
    holder.tabIndex = 0;
    const body = document.createElement("wx-page");
    const place = document.createElement("div");
    body.append(place);
    holder.append(body);
    this.elements.stage.append(holder);
    const config = { ...this.loader.app.window, ...this.loader.json(`${path}.json`) };
    if (config.backgroundColor) holder.style.setProperty("--page-back", config.backgroundColor);
    const root = this.backend.createRoot("wx-root", this.loader.space, path);
    const page = { path, query, root, holder, config, title: config.navigationBarTitleText || "", caller: root.get(), bar: {} };
    page.style = addStyle(this.loader.styleOf(path), path);
    page.channel = channel();
    Object.assign(page.caller, { route: path, options: query, is: path });
    page.caller.getOpenerEventChannel ??= () => page.channel;
    const own = page.caller.createSelectorQuery?.bind(page.caller);
    if (own) page.caller.createSelectorQuery = () => this.world.nodesToo(own());
    this.stack.push(page);
    if (this.isTab(path)) this.tabs.set(path, page);
    root.attach(body, place);
    holder.addEventListener("scroll", () => this.scrolled(page));
    this.call(page, "onLoad", query);
    return page;
  }

  show(page, isKept = false) {
    if (isKept && this.top !== page) this.stack.push(page);
    for (const other of [...this.stack, ...this.tabs.values()]) {
      other.holder.hidden = other !== page;
      other.style.disabled = other !== page;
      other.style.media = other === page ? "all" : "not all";
    }
    this.drawNav();
    this.world.asks.enterPage?.(page.path);
    page.root.getComponent().triggerPageLifetime("show", []);
    this.call(page, "onShow");
    if (!page.isReady) {
      page.isReady = true;
      requestAnimationFrame(() => this.call(page, "onReady"));
    }
    this.world.tell({ page: page.path });
  }

  hide(page) {
    if (!page) return;
    page.root.getComponent().triggerPageLifetime("hide", []);
    this.call(page, "onHide");
  }

  drop(page) {
    if (!page) return;
    this.call(page, "onUnload");
    page.root.release();
    page.holder.remove();
    page.style.remove();
    this.tabs.delete(page.path);
  }

  call(page, name, ...given) {
    if (typeof page.caller[name] !== "function") return undefined;
    try {
      const told = page.caller[name](...given);
      if (told?.catch) told.catch((error) => this.world.failed(error));
      return told;
    } catch (error) {
      return this.world.failed(error);
    }
  }

  scrolled(page) {
    const { scrollTop, scrollHeight, clientHeight } = page.holder;
    this.call(page, "onPageScroll", { scrollTop });
    const isLow = scrollTop + clientHeight >= scrollHeight - (page.config.onReachBottomDistance ?? 50);
    if (isLow && !page.isLow) this.call(page, "onReachBottom");
    page.isLow = isLow;
  }

  // the bars -----------------------------------------------------------------------------

  drawNav() {
    const page = this.top;
    const { nav, title, back } = this.elements;
    const isCustom = page.config.navigationStyle === "custom";
    nav.style.position = isCustom ? "absolute" : "relative";
    nav.style.right = isCustom ? "0" : "";
    nav.style.zIndex = isCustom ? "5" : "";
    title.textContent = isCustom ? "" : page.title;
    document.title = page.title || "小程序";
    const isInner = this.stack.length <= 1 && page.path !== this.list[0] && !this.isTab(page.path); // came by a card or code
    back.hidden = isCustom || (this.stack.length <= 1 && !isInner);
    back.textContent = isInner ? "⌂" : "‹";
    back.setAttribute("aria-label", isInner ? "回到首页" : "返回");
    nav.style.setProperty("--nav-back", isCustom ? "transparent" : page.bar.back || page.config.navigationBarBackgroundColor || "#fff");
    const ink = page.bar.ink || (page.config.navigationBarTextStyle === "white" ? "#fff" : "#000");
    nav.style.setProperty("--nav-ink", ink);
    const isTab = this.isTab(page.path);
    this.elements.tabs.hidden = !isTab || this.areTabsHidden;
    if (isTab) this.drawTabs();
  }

  drawTabs() {
    const bar = this.loader.app.tabBar;
    if (!bar) return;
    this.badges ??= new Map();
    this.elements.tabs.style.background = bar.backgroundColor || "#fff";
    this.elements.tabs.replaceChildren(...bar.list.map((item, at) => {
      const isHere = this.top?.path === item.pagePath;
      const node = document.createElement("button");
      node.type = "button";
      node.style.color = isHere ? bar.selectedColor || "" : bar.color || "";
      if (isHere) node.setAttribute("aria-current", "page");
      const icon = (isHere && item.selectedIconPath) || item.iconPath;
      if (icon) {
        const picture = document.createElement("img");
        picture.alt = "";
        picture.src = this.world.address(`/${icon}`);
        node.append(picture);
      }
      node.append(item.text);
      if (this.badges.has(at)) {
        const badge = document.createElement("i");
        badge.textContent = this.badges.get(at);
        node.append(badge);
      }
      node.addEventListener("click", () => {
        this.world.attempt(() => this.switchTab(`/${item.pagePath}`));
        this.call(this.top, "onTabItemTap", { index: at, pagePath: item.pagePath, text: item.text });
      });
      return node;
    }));
  }
}

function find(id) {
  return document.getElementById(id);
}

export function channel() {
  const listeners = new Map();
  return {
    on(name, run) { listeners.set(name, [...(listeners.get(name) || []), run]); },
    once(name, run) { this.on(name, (...given) => { this.off(name, run); run(...given); }); },
    off(name) { listeners.delete(name); },
    emit(name, ...given) { for (const run of listeners.get(name) || []) run(...given); },
  };
}
