// Built-in components one taps, scrolls or draws on.
import { child } from "./components.js";
import { addNode } from "./nodes.js";

// A button may act by itself: submit its form, ask for the phone number, open the settings …
async function openType(component, world) {
  const { data } = component;
  const around = component.dom.closest("wx-form")?.wxComponent;
  if (data.formType === "submit") around?.submit();
  if (data.formType === "reset") around?.reset();
  const answers = {
    getPhoneNumber: ["getphonenumber", () => world.asks.phoneNumber()],
    getRealtimePhoneNumber: ["getrealtimephonenumber", () => world.asks.phoneNumber()],
    agreePrivacyAuthorization: ["agreeprivacyauthorization", () => world.asks.agreePrivacy()],
    "getPhoneNumber|agreePrivacyAuthorization": ["getphonenumber", async () => { await world.asks.agreePrivacy(); return world.asks.phoneNumber(); }],
    openSetting: ["opensetting", () => world.asks.settings()],
    chooseAvatar: ["chooseavatar", () => world.asks.avatar()],
    getUserInfo: ["getuserinfo", () => world.asks.userInfo()],
    contact: ["contact", () => world.asks.contact()],
    share: [null, () => world.share(component)],
    feedback: [null, () => world.dialogs.tell("意见反馈", "沙盒里没有意见反馈页面。")],
  };
  const known = answers[data.openType];
  if (!known) return;
  const told = await known[1]();
  if (known[0]) component.triggerEvent(known[0], told);
}

const button = {
  properties: { type: String, size: String, plain: Boolean, disabled: Boolean, loading: Boolean, formType: String, openType: String, lang: String, sessionFrom: String, sendMessageTitle: String, sendMessagePath: String, sendMessageImg: String, showMessageCard: Boolean, appParameter: String, phoneNumberNoQuotaToast: null },
  made(world) {
    this.dom.setAttribute("role", "button");
    this.dom.tabIndex = 0;
    this.addListener("tap", () => { if (!this.data.disabled) openType(this, world); });
  },
  changes: {
    type(value) { this.dom.setAttribute("type", value || "default"); },
    size(value) { this.dom.setAttribute("size", value || "default"); },
    plain(value) { this.dom.toggleAttribute("plain", Boolean(value)); },
    loading(value) { this.dom.toggleAttribute("loading", Boolean(value)); },
    disabled(value) { this.dom.setAttribute("aria-disabled", String(Boolean(value))); this.dom.tabIndex = value ? -1 : 0; },
  },
};

const navigator_ = {
  properties: { url: String, openType: { type: String, value: "navigate" }, delta: { type: Number, value: 1 }, target: String, appId: String, path: String, extraData: null, version: String, shortLink: String },
  made(world) {
    this.dom.setAttribute("role", "link");
    this.dom.tabIndex = 0;
    const go = { navigate: "navigateTo", redirect: "redirectTo", switchTab: "switchTab", reLaunch: "reLaunch" };
    this.addListener("tap", () => {
      const { openType: type, url, delta, target } = this.data;
      if (target === "miniProgram") world.dialogs.tell("打开其他小程序", this.data.appId);
      else if (type === "navigateBack") world.wx.navigateBack({ delta });
      else if (type === "exit") world.close();
      else world.wx[go[type] || "navigateTo"]({ url: world.pages.absolute(url) });
    });
  },
};

const scroller = {
  inner: "<x-scroller><slot/></x-scroller>",
  properties: { scrollX: Boolean, scrollY: Boolean, upperThreshold: { type: Number, value: 50 }, lowerThreshold: { type: Number, value: 50 }, scrollTop: null, scrollLeft: null, scrollIntoView: String, scrollWithAnimation: Boolean, enableBackToTop: Boolean, refresherEnabled: Boolean, refresherThreshold: null, refresherTriggered: Boolean, refresherDefaultStyle: String, refresherBackground: String, enhanced: Boolean, bounces: null, showScrollbar: null, pagingEnabled: null, fastDeceleration: null, enableFlex: Boolean, scrollAnchoring: Boolean, type: String, enablePassive: null },
  made() {
    const inner = (this.inner = this.dom.firstElementChild);
    inner.tabIndex = 0;
    let before = 0;
    inner.addEventListener("scroll", () => {
      const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight } = inner;
      this.triggerEvent("scroll", { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaX: 0, deltaY: before - scrollTop });
      if (scrollTop < before && scrollTop <= this.data.upperThreshold) this.triggerEvent("scrolltoupper", { direction: "top" });
      if (scrollTop > before && scrollTop + clientHeight >= scrollHeight - this.data.lowerThreshold) this.triggerEvent("scrolltolower", { direction: "bottom" });
      before = scrollTop;
    });
  },
  changes: {
    scrollY(value) { this.dom.toggleAttribute("scroll-y", Boolean(value)); },
    scrollX(value) { this.dom.toggleAttribute("scroll-x", Boolean(value)); },
    enableFlex(value) { this.inner.style.display = value ? "flex" : ""; },
    scrollTop(value) { this.inner.scrollTop = Number(value); },
    scrollLeft(value) { this.inner.scrollLeft = Number(value); },
    scrollIntoView(value) { if (value) setTimeout(() => this.inner.querySelector(`[id$="--${CSS.escape(value)}"]`)?.scrollIntoView({ block: "start" })); },
  },
};

const swiper = {
  inner: "<x-slides><slot/></x-slides>",
  properties: { indicatorDots: Boolean, indicatorColor: String, indicatorActiveColor: String, autoplay: Boolean, current: { type: Number, value: 0 }, interval: { type: Number, value: 5000 }, duration: null, circular: Boolean, vertical: Boolean, previousMargin: String, nextMargin: String, displayMultipleItems: null, easingFunction: String, currentItemId: String },
  made() {
    const slides = (this.slides = this.dom.firstElementChild);
    slides.tabIndex = 0;
    this.at = 0;
    this.go = (to, source) => {
      slides.scrollTo({ left: to * slides.clientWidth });
      this.arrived(to, source);
    };
    this.arrived = (to, source) => {
      if (to === this.at) return;
      this.at = to;
      this.setData({ current: to });
      this.triggerEvent("change", { current: to, currentItemId: "", source });
    };
    slides.addEventListener("scroll", () => this.arrived(Math.round(slides.scrollLeft / (slides.clientWidth || 1)), "touch"));
    this.turning = setInterval(() => {
      const count = slides.children.length;
      if (this.data.autoplay && count > 1) this.go((this.at + 1) % count, "autoplay");
    }, Math.max(this.data.interval, 500));
  },
  gone() { clearInterval(this.turning); },
  changes: { current(value) { if (value !== this.at) this.go(Number(value), ""); } },
};

const canvas = {
  isVoid: true,
  properties: { type: String, canvasId: String, disableScroll: Boolean },
  made() {
    const node = child(this.dom, "canvas");
    const box = this.dom.getBoundingClientRect();
    node.width = box.width || 300;
    node.height = box.height || 150;
    addNode(this.dom, node);
  },
};

export const TOUCH_COMPONENTS = {
  button, navigator: navigator_, "scroll-view": scroller, swiper, "swiper-item": { properties: { itemId: String, skipHiddenItemLayout: null } }, canvas,
};
