// The object `wx`: what the other modules give, and the rest of the client's small services.
import { chosenFiles } from "./asks.js";
import * as dialogs from "./dialogs.js";
import { channel } from "./pages.js";
import { answering, Failure, listeners } from "./promises.js";

const BASE_LIBRARY = "3.8.12";

function windowInfo() {
  const { innerWidth: width, innerHeight: height } = window;
  const windowHeight = document.getElementById("stage").clientHeight || height;
  return { pixelRatio: window.devicePixelRatio, screenWidth: width, screenHeight: height, windowWidth: width, windowHeight, statusBarHeight: 0, screenTop: 44, safeArea: { left: 0, right: width, top: 0, bottom: height, width, height } };
}

const DEVICE = { brand: "sandbox", model: "sandbox", system: "Android 14", platform: "android", benchmarkLevel: 30, abi: "arm64-v8a", deviceAbi: "arm64-v8a", cpuType: "sandbox", memorySize: "8192" };
const APP_BASE = { SDKVersion: BASE_LIBRARY, version: "8.0.60", language: "zh_CN", enableDebug: true, theme: "light", fontSizeSetting: 16, fontSizeScaleFactor: 1, host: { env: "WeChat" } };

function system() {
  return { ...windowInfo(), ...DEVICE, ...APP_BASE, albumAuthorized: true, cameraAuthorized: true, locationAuthorized: true, locationEnabled: true, wifiEnabled: true, bluetoothEnabled: false };
}

function ui(world) {
  const bar = (act) => (options) => { act(world.pages.top, options); world.pages.drawNav(); };
  let badges = new Map();
  const badge = (words) => ({ index, text }) => { badges.set(index, words === null ? text : words); world.pages.badges = badges; world.pages.drawTabs(); };
  const clear = ({ index }) => { badges.delete(index); world.pages.drawTabs(); };
  const tabs = (areHidden) => () => { world.pages.areTabsHidden = areHidden; world.pages.drawNav(); };
  return {
    showToast: answering("showToast", (options) => dialogs.toast({ ...options, image: options.image ? world.address(options.image) : "" })),
    hideToast: answering("hideToast", dialogs.hideToast),
    showLoading: answering("showLoading", (options) => dialogs.toast({ ...options, isLoading: true })),
    hideLoading: answering("hideLoading", dialogs.hideToast),
    showModal: answering("showModal", (options) => dialogs.modal(options)),
    showActionSheet: answering("showActionSheet", async ({ itemList, alertText }) => {
      if (!itemList?.length || itemList.length > 6) throw new Failure("parameter error: itemList should have 1 to 6 items");
      const tapIndex = await dialogs.actionSheet(itemList, alertText);
      if (tapIndex < 0) throw new Failure("cancel");
      return { tapIndex };
    }),
    setNavigationBarTitle: answering("setNavigationBarTitle", bar((page, { title }) => { page.title = title; })),
    setNavigationBarColor: answering("setNavigationBarColor", bar((page, { frontColor, backgroundColor }) => { page.bar = { ink: frontColor, back: backgroundColor }; })),
    showNavigationBarLoading: answering("showNavigationBarLoading", () => {}),
    hideNavigationBarLoading: answering("hideNavigationBarLoading", () => {}),
    hideHomeButton: answering("hideHomeButton", () => {}),
    setTabBarBadge: answering("setTabBarBadge", badge(null)), removeTabBarBadge: answering("removeTabBarBadge", clear),
    showTabBarRedDot: answering("showTabBarRedDot", badge("")), hideTabBarRedDot: answering("hideTabBarRedDot", clear),
    showTabBar: answering("showTabBar", tabs(false)), hideTabBar: answering("hideTabBar", tabs(true)),
    startPullDownRefresh: answering("startPullDownRefresh", () => { world.pages.call(world.pages.top, "onPullDownRefresh"); }),
    stopPullDownRefresh: answering("stopPullDownRefresh", () => {}),
    pageScrollTo: answering("pageScrollTo", ({ scrollTop = 0, selector }) => {
      const { holder } = world.pages.top;
      const target = selector && holder.querySelector(selector.startsWith("#") ? `[id$="--${CSS.escape(selector.slice(1))}"]` : selector);
      if (target) target.scrollIntoView(); else holder.scrollTop = scrollTop;
    }),
    createSelectorQuery: () => world.pages.top.caller.createSelectorQuery(),
    createIntersectionObserver: (component, options) => component.createIntersectionObserver(options),
    nextTick: (run) => queueMicrotask(run),
    showShareMenu: answering("showShareMenu", () => {}), hideShareMenu: answering("hideShareMenu", () => {}),
    enableAlertBeforeUnload: answering("enableAlertBeforeUnload", () => {}), disableAlertBeforeUnload: answering("disableAlertBeforeUnload", () => {}),
  };
}

function routes(world) {
  const { pages } = world;
  return {
    navigateTo: answering("navigateTo", async ({ url, events = {} }) => {
      const own = channel();
      for (const [name, run] of Object.entries(events)) own.on(name, run);
      await pages.navigateTo(url, own);
      return { eventChannel: own };
    }),
    redirectTo: answering("redirectTo", ({ url }) => pages.redirectTo(url)),
    switchTab: answering("switchTab", ({ url }) => pages.switchTab(url)),
    reLaunch: answering("reLaunch", ({ url }) => pages.reLaunch(url)),
    navigateBack: answering("navigateBack", ({ delta }) => pages.back(delta || 1)),
    exitMiniProgram: answering("exitMiniProgram", () => world.close()),
    navigateToMiniProgram: answering("navigateToMiniProgram", async ({ appId }) => { await dialogs.tell("打开其他小程序", appId); }),
  };
}

function device(world) {
  let clip = "";
  return {
    setClipboardData: answering("setClipboardData", ({ data }) => {
      clip = String(data);
      navigator.clipboard?.writeText(clip).catch((error) => console.info("the browser's clipboard stays as it was:", error.message));
      dialogs.toast({ title: "内容已复制" });
    }),
    getClipboardData: answering("getClipboardData", () => ({ data: clip })),
    makePhoneCall: answering("makePhoneCall", async ({ phoneNumber }) => {
      const { confirm } = await dialogs.modal({ title: "呼叫", content: phoneNumber, confirmText: "呼叫" });
      if (!confirm) throw new Failure("cancel");
    }),
    vibrateShort: answering("vibrateShort", () => {}), vibrateLong: answering("vibrateLong", () => {}),
    setKeepScreenOn: answering("setKeepScreenOn", () => {}), getScreenBrightness: answering("getScreenBrightness", () => ({ value: 0.8 })),
    setScreenBrightness: answering("setScreenBrightness", () => {}), hideKeyboard: answering("hideKeyboard", () => { document.activeElement?.blur(); }),
    setVisualEffectOnCapture: answering("setVisualEffectOnCapture", () => {}),
    getBatteryInfoSync: () => ({ level: 80, isCharging: false }),
    onUserCaptureScreen: () => {}, offUserCaptureScreen: () => {},
    chooseMedia: answering("chooseMedia", async ({ count = 9 }) => {
      const files = (await chosenFiles("选择照片", count > 1)).slice(0, count);
      return { type: "image", tempFiles: files.map((file) => ({ tempFilePath: world.files.keep(file), size: file.size, fileType: "image" })) };
    }),
    chooseImage: answering("chooseImage", async ({ count = 9 }) => {
      const files = (await chosenFiles("选择照片", count > 1)).slice(0, count);
      const rows = files.map((file) => ({ path: world.files.keep(file), size: file.size }));
      return { tempFilePaths: rows.map((row) => row.path), tempFiles: rows };
    }),
    chooseMessageFile: answering("chooseMessageFile", async ({ count = 9 }) => {
      const files = (await chosenFiles("选择文件", count > 1, "*/*")).slice(0, count);
      return { tempFiles: files.map((file) => ({ path: world.files.keep(file), size: file.size, name: file.name, type: "file" })) };
    }),
    previewImage: answering("previewImage", async ({ urls, current }) => {
      const picture = dialogs.make("img", { src: world.address(current || urls[0]), alt: "预览", style: "max-width:100%" });
      await dialogs.sheet({ title: "预览", body: [picture], yes: "关闭", no: "" });
    }),
    getImageInfo: answering("getImageInfo", async ({ src }) => {
      const picture = new Image();
      picture.src = world.address(src);
      await picture.decode();
      return { width: picture.naturalWidth, height: picture.naturalHeight, path: src, orientation: "up", type: "png" };
    }),
    canvasToTempFilePath: answering("canvasToTempFilePath", async ({ canvas, fileType = "png" }) => {
      const blob = await new Promise((done) => { canvas.toBlob(done, `image/${fileType === "jpg" ? "jpeg" : "png"}`); });
      return { tempFilePath: world.files.keep(blob) };
    }),
    saveImageToPhotosAlbum: answering("saveImageToPhotosAlbum", async ({ filePath }) => {
      world.files.blob(filePath);
      await world.asks.scope("scope.writePhotosAlbum");
    }),
    openDocument: answering("openDocument", ({ filePath }) => { window.open(URL.createObjectURL(world.files.blob(filePath))); }),
    getFileSystemManager: () => world.files.manager(),
  };
}

export function makeWx(world) {
  const { account, start } = world;
  const news = { show: listeners(), hide: listeners(), error: listeners(), rejection: listeners() };
  world.news = news;
  const log = { debug() {}, info() {}, warn() {}, error() {}, log() {}, setFilterMsg() {}, addFilterMsg() {} };
  const known = {
    env: { USER_DATA_PATH: "wxfile://usr" },
    getSystemInfoSync: system, getSystemInfo: answering("getSystemInfo", system), getSystemInfoAsync: answering("getSystemInfoAsync", system),
    getWindowInfo: windowInfo, getDeviceInfo: () => DEVICE, getAppBaseInfo: () => APP_BASE,
    getSystemSetting: () => ({ bluetoothEnabled: false, locationEnabled: true, wifiEnabled: true, deviceOrientation: "portrait" }),
    getAppAuthorizeSetting: () => ({ albumAuthorized: "authorized", cameraAuthorized: "authorized", locationAuthorized: "authorized", notificationAuthorized: "authorized" }),
    getMenuButtonBoundingClientRect: () => { const box = document.querySelector(".mph-capsule").getBoundingClientRect(); return { top: box.top, left: box.left, right: box.right, bottom: box.bottom, width: box.width, height: box.height }; },
    getAccountInfoSync: () => ({ miniProgram: { appId: account.mini_app_id, envVersion: "develop", version: "" } }),
    getLaunchOptionsSync: () => start, getEnterOptionsSync: () => start, getExtConfigSync: () => ({ web: account.web }),
    canIUse: (words) => words.split(".")[0] in known,
    onAppShow: news.show.on, offAppShow: news.show.off, onAppHide: news.hide.on, offAppHide: news.hide.off,
    onError: news.error.on, offError: news.error.off, onUnhandledRejection: news.rejection.on, offUnhandledRejection: news.rejection.off,
    onPageNotFound: () => {}, onThemeChange: () => {}, offThemeChange: () => {}, onWindowResize: () => {}, offWindowResize: () => {}, onMemoryWarning: () => {},
    onKeyboardHeightChange: () => {}, offKeyboardHeightChange: () => {},
    getUpdateManager: () => ({ onCheckForUpdate(run) { run({ hasUpdate: false }); }, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
    getLogManager: () => log, getRealtimeLogManager: () => log, reportEvent: () => {}, reportMonitor: () => {}, setEnableDebug: answering("setEnableDebug", () => {}),
    arrayBufferToBase64: (data) => btoa(String.fromCharCode(...new Uint8Array(data))),
    base64ToArrayBuffer: (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer,
    ...ui(world), ...routes(world), ...device(world), ...world.net.functions(world.files), ...world.store.functions(), ...world.asks.functions(),
  };
  return new Proxy(known, {
    get(target, name) {
      if (name in target || typeof name === "symbol") return target[name];
      throw new Error(`wx.${String(name)} 在沙盒里没有模拟（真机上也许有），见 docs/sandbox.md`);
    },
    has: (target, name) => name in target,
  });
}
