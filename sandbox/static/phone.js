// One phone on the desk: its chat, menu or keyboard, and the web page open in it.
import * as api from "./api.js";
import { draw, make, when } from "./bubbles.js";

const ICONS = {
  keyboard: "M3 7h18v11H3zM7 15h10M7 11h.01M11 11h.01M15 11h.01M18 11h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export class Phone {
  constructor(openid, desk) {
    this.openid = openid;
    this.desk = desk; // {account, toast, closeViews, remove, scan}
    this.last = 0; // id of the newest message drawn
    this.lastAt = 0;
    this.isTyping = false;
    this.acts = {
      tap: (body) => this.act("link", body),
      open: (url) => this.open(url),
      mini: (path, fallback) => this.openPath(path, fallback),
      toast: desk.toast,
    };
    this.build();
  }

  build() {
    this.name = make("strong");
    this.state = make("span", { class: "state" });
    this.unread = make("span", { class: "unread", hidden: true, "aria-label": "未读" });
    this.list = make("ul", { hidden: true });
    const more = make("button", { type: "button", "aria-label": "更多操作", onclick: () => this.toggleList() }, "⋯");
    this.owner = make("div", { class: "owner" }, this.name, this.unread, this.state, make("div", { class: "acts" }, more, this.list));
    this.title = make("div", { class: "top" }, this.desk.account.name);
    this.chat = make("div", { class: "chat", tabindex: "0", "aria-label": "聊天" });
    this.bar = make("div", { class: "bar" });
    this.frame = make("section", { class: "phone" }, this.title, this.chat, this.bar);
    this.frame.addEventListener("pointerdown", () => this.markRead());
    this.node = make("div", { class: "seat", "data-openid": this.openid }, this.owner, this.frame);
  }

  async load() {
    const person = await api.person(this.openid);
    this.person = person;
    this.name.textContent = person.name;
    this.title.textContent = this.desk.account.name;
    this.chat.replaceChildren();
    this.last = this.lastAt = 0;
    for (const message of person.chat) this.add(message);
    this.refresh();
    return person;
  }

  // What came between loading and the stream's beginning.
  async catchUp() {
    const told = await api.person(this.openid);
    this.person = told;
    for (const message of told.chat) this.add(message);
    this.refresh();
  }

  refresh() {
    const { following, blocking, unread } = this.person;
    this.state.textContent = following ? (blocking ? "已拒收消息" : "") : "未关注";
    this.unread.hidden = !unread;
    this.unread.textContent = unread > 99 ? "99+" : String(unread);
    this.drawBar();
    this.drawList();
  }

  // news from the stream -----------------------------------------------------------

  take(news) {
    if (!this.person) return;
    if (news.message) this.add(news.message);
    if (news.menu) {
      this.person.menu = news.menu;
      this.drawBar();
    }
    if (news.unread != null) this.person.unread = news.unread;
    if (news.following != null) Object.assign(this.person, { following: news.following, blocking: news.blocking });
    if (news.typing != null) this.title.textContent = news.typing ? "对方正在输入…" : this.desk.account.name;
    if (news.following != null) this.refresh();
    else {
      this.unread.hidden = !this.person.unread;
      this.unread.textContent = this.person.unread > 99 ? "99+" : String(this.person.unread);
    }
  }

  add(message) {
    if (message.id <= this.last) return;
    const isAtEnd = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 80;
    if (message.at - this.lastAt > 300) this.chat.append(when(message.at));
    this.last = message.id;
    this.lastAt = message.at;
    const faces = { person: (this.person.name || "我").slice(0, 1), account: this.desk.account.name.slice(0, 1) };
    this.chat.append(draw(message, faces, this.acts));
    if (isAtEnd || message.by === "person") this.chat.scrollTop = this.chat.scrollHeight;
  }

  // what the person does --------------------------------------------------------------

  async act(what, body) {
    this.markRead();
    try {
      const told = await api.act(this.openid, what, body);
      this.person.unread = 0; // whoever acts is looking at the answer
      this.unread.hidden = true;
      if (what !== "read") await api.act(this.openid, "read");
      return told;
    } catch (error) {
      this.desk.toast(error.message);
      return null;
    }
  }

  async markRead() {
    if (!this.person?.unread) return;
    this.person.unread = 0;
    this.unread.hidden = true;
    await this.act("read");
  }

  async tapMenu(button) {
    this.closeSubs();
    this.follow(await this.desk.pressed(this, button));
  }

  // Go where an act leads.
  follow(told) {
    if (told?.url) this.open(told.url);
    if (told?.mini) this.openMini(told.mini.page, told.mini.query, 1035);
  }

  open(url) {
    this.desk.closeViews(this);
    const page = make("iframe", { src: api.openAddress(this.openid, url), title: "网页" });
    this.show(make("div", { class: "view" },
      make("div", { class: "top" },
        make("button", { type: "button", "aria-label": "关闭网页", onclick: () => this.closeView() }, "×"),
        make("span", { title: url }, new URL(url).host),
        /^\/s\/[\d-]+$/.test(new URL(url).pathname) ? make("button", { type: "button", class: "pass", onclick: () => this.passOn(url) }, "转发") : null,
        make("a", { href: api.openAddress(this.openid, url), target: "_blank", rel: "noopener" }, "新窗口")),
      page));
    this.isWeb = true;
  }

  async passOn(url) {
    const told = await this.act("share", { url, scene: 1 });
    if (told?.state === "done") this.desk.toast(`转发了《${told.title}》`);
  }

  // The mini program draws its own bar; `scene` is WeChat's number for the way in.
  openMini(page = "", query = "", scene = 1001) {
    if (!this.desk.account.mini) return this.desk.toast("沙盒没有小程序：用 --mini 指定它的文件夹");
    const address = `/_sandbox/mini?${new URLSearchParams({ phone: this.openid, page, query, scene })}`;
    this.show(make("div", { class: "view mini" }, make("iframe", { src: address, title: this.desk.account.mini })));
    return undefined;
  }

  openPath(path, fallback) {
    if (!this.desk.account.mini && /^https?:/.test(fallback || "")) return this.open(fallback);
    const [page, query = ""] = (path || "").replace(/^\//, "").split("?");
    return this.openMini(page, query, 1043);
  }

  show(view) {
    this.closeView();
    this.view = view;
    this.frame.append(view);
  }

  // What WeChat's scanner makes of a text.
  async scanned(body) {
    const told = await this.act("scan", body);
    if (told?.kind === "url") this.open(told.url);
    if (told?.kind === "mini") this.openMini(told.mini.page, told.mini.query, 1047);
    if (told?.kind === "text" || told?.kind === "dead") this.desk.toast(told.text);
    return told;
  }

  closeView() {
    this.view?.remove();
    this.view = null;
    this.isWeb = false;
  }

  // the bar below -----------------------------------------------------------------------

  drawBar() {
    if (!this.person.following) {
      const join = make("button", { type: "button", class: "join", onclick: () => this.act("follow") }, "关注公众号");
      this.bar.replaceChildren(join);
      return;
    }
    const menu = this.person.menu;
    const isTyping = this.isTyping || !menu.length;
    const toggle = menu.length
      ? make("button", { type: "button", class: "toggle", "aria-label": isTyping ? "显示菜单" : "显示键盘", onclick: () => this.switch() }, icon(isTyping ? "menu" : "keyboard"))
      : null;
    this.bar.replaceChildren(...[toggle, isTyping ? this.keyboard() : this.menu(menu)].filter(Boolean));
  }

  switch() {
    this.isTyping = !this.isTyping;
    this.drawBar();
    this.bar.querySelector("input")?.focus();
  }

  keyboard() {
    const input = make("input", { name: "content", autocomplete: "off", "aria-label": "输入消息", maxlength: "2000" });
    const plus = make("button", { type: "button", class: "plus", "aria-label": "语音与图片", onclick: () => this.togglePanel() }, "＋");
    const form = make("form", { class: "say" }, input, make("button", {}, "发送"), plus);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const content = input.value;
      if (!content.trim()) return;
      input.value = "";
      this.act("text", { content });
    });
    return form;
  }

  // What goes out besides words.
  togglePanel() {
    const wasOpen = this.bar.querySelector(".panel");
    this.closeSubs();
    if (wasOpen) return;
    const kinds = { voice: "语音", picture: "图片", location: "位置", shared: "转发链接" };
    this.bar.append(make("ul", { class: "panel" }, ...Object.entries(kinds).map(([kind, words]) =>
      make("li", {}, make("button", { type: "button", onclick: () => { this.closeSubs(); this.desk.bring(kind, (body) => this.act(kind, body)); } }, words)))));
  }

  menu(buttons) {
    return make("nav", { class: "menu", "aria-label": "公众号菜单" }, ...buttons.map((button) => {
      const subs = button.sub_button || [];
      const holder = make("div", { class: subs.length ? "has-subs" : "" });
      const press = () => (subs.length ? this.toggleSubs(holder, subs) : this.tapMenu(button));
      holder.append(make("button", { type: "button", onclick: press }, button.name));
      return holder;
    }));
  }

  toggleSubs(holder, subs) {
    const wasOpen = holder.querySelector(".subs");
    this.closeSubs();
    if (wasOpen) return;
    holder.append(make("ul", { class: "subs" }, ...subs.map((sub) =>
      make("li", {}, make("button", { type: "button", onclick: () => this.tapMenu(sub) }, sub.name)))));
  }

  closeSubs() {
    for (const open of this.bar.querySelectorAll(".subs, .panel")) open.remove();
  }

  // the list behind ⋯ -----------------------------------------------------------------

  toggleList() {
    this.list.hidden = !this.list.hidden;
  }

  drawList() {
    const { following, blocking } = this.person;
    const item = (words, run) => make("li", {}, make("button", { type: "button", onclick: () => { this.list.hidden = true; run(); } }, words));
    this.list.replaceChildren(
      item(following ? "取消关注" : "关注公众号", () => this.act(following ? "unfollow" : "follow")),
      ...(following ? [item(blocking ? "接收消息" : "拒收消息", () => this.act("block", { blocking: !blocking }))] : []),
      item("扫一扫…", () => this.desk.scan(this, (body) => this.scanned(body))),
      ...(this.desk.account.mini ? [item("打开小程序", () => this.openMini())] : []),
      item("订阅通知…", () => this.desk.subscribe((body) => this.act("consents", body))),
      item("收起这部手机", () => this.desk.remove(this.openid)));
  }
}
