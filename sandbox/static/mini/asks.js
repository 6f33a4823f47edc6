// What the platform asks the person: login, phone number, subscriptions, place, scanning, privacy.
import * as dialogs from "./dialogs.js";
import { answering, Failure, listeners } from "./promises.js";
import { readFile } from "../scanning.js";

const { make } = dialogs;

const PLACES = [
  ["张家港市委党校", 31.8756, 120.5556], ["乐余镇党校", 31.9303, 120.7088], ["塘桥镇党校", 31.8174, 120.6512],
  ["凤凰镇现场教学点", 31.7771, 120.6246], ["离党校五公里半", 31.9251, 120.5556], ["苏州市区", 31.2989, 120.5853],
];
const SCOPES = {
  "scope.userLocation": "你的位置信息", "scope.userFuzzyLocation": "你的模糊位置信息", "scope.camera": "你的摄像头",
  "scope.writePhotosAlbum": "保存图片到你的相册", "scope.record": "你的麦克风", "scope.addPhoneCalendar": "你的日历",
};

export class Asks {
  constructor(phone, world) {
    this.phone = phone;
    this.world = world;
    this.place = 0;
    this.privacyWanted = listeners();
    this.isPrivacyAgreed = localStorage.getItem(`mini:privacy:${phone}`) === "yes" || !world.needsPrivacy;
  }

  async call(what, body = {}) {
    const answer = await fetch(`/_sandbox/people/${encodeURIComponent(this.phone)}/mini${what && `/${what}`}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Failure(told.error || told.errmsg);
    return told;
  }

  who() {
    return `${this.world.account.mini} 申请`;
  }

  // privacy ------------------------------------------------------------------------------

  async privacy() {
    if (this.isPrivacyAgreed) return;
    const agreed = await new Promise((done) => {
      const resolve = ({ event } = {}) => { if (event !== "exposureAuthorization") done(event === "agree"); };
      if (this.hasPrivacyListener) return this.privacyWanted.tell(resolve, { referrer: "" });
      return dialogs.sheet({ title: "用户隐私保护提示", who: `使用前请阅读《${this.world.account.mini}隐私保护指引》。同意后继续使用。`, yes: "同意" }).then(done);
    });
    if (!agreed) throw new Failure("privacy permission is not authorized", { errno: 104 });
    this.agreePrivacy();
  }

  agreePrivacy() {
    this.isPrivacyAgreed = true;
    localStorage.setItem(`mini:privacy:${this.phone}`, "yes");
    return { errMsg: "agreePrivacyAuthorization:ok" };
  }

  async scope(name) {
    const known = this.world.person.scopes[name];
    if (known === true) return;
    if (known === false) throw new Failure("auth deny", { errno: 103 });
    const isAllowed = await dialogs.sheet({ title: "获取" + (SCOPES[name] || name), who: this.who() + "使用" });
    this.world.person = await this.call("", { scopes: { [name]: isAllowed } });
    if (!isAllowed) throw new Failure("auth deny", { errno: 103 });
  }

  // the person's own ---------------------------------------------------------------------

  async phoneNumber() {
    try {
      await this.privacy();
    } catch (error) {
      return { errMsg: `getPhoneNumber:fail ${error.message}`, ...error.more };
    }
    const isAllowed = await dialogs.sheet({ title: "获取并验证你的手机号", who: this.who() + "获取并验证你的手机号", body: [make("ul", { class: "mph-rows" }, make("li", {}, make("label", {}, make("span", {}, masked(this.world.phoneNumber), make("small", {}, "微信绑定号码")))))] });
    if (!isAllowed) return { errMsg: "getPhoneNumber:fail user deny" };
    const { code } = await this.call("phone");
    return { errMsg: "getPhoneNumber:ok", code };
  }

  async subscribe(tmplIds) {
    if (!Array.isArray(tmplIds) || !tmplIds.length) throw new Failure("TmplIds can't be empty", { errCode: 10001 });
    if (tmplIds.length > 3) throw new Failure("Templates count out of max bounds", { errCode: 20003 });
    const rows = tmplIds.map((id) => {
      const known = this.world.templates[id];
      if (!known) throw new Failure("No template data return, verify the template id exist", { errCode: 20001 });
      return { id, ...known };
    });
    const kept = this.world.person.kept_answers;
    let answers = Object.fromEntries(tmplIds.filter((id) => kept[id]).map((id) => [id, kept[id]]));
    let always = false;
    if (Object.keys(answers).length < tmplIds.length) {
      const boxes = rows.map((row) => {
        const box = make("input", { type: "checkbox", checked: true, "data-id": row.id, "aria-label": row.title });
        return { box, node: make("li", {}, make("label", {}, make("span", {}, row.title, make("small", {}, row.labels.join("、"))), box)) };
      });
      const keep = make("input", { type: "checkbox" });
      const body = [make("ul", { class: "mph-rows" }, ...boxes.map((one) => one.node)), make("label", {}, keep, make("span", {}, "总是保持以上选择，不再询问"))];
      const isAllowed = await dialogs.sheet({ title: "发送以下消息", who: this.who() + "发送一次以下消息", body });
      answers = Object.fromEntries(boxes.map(({ box }) => [box.dataset.id, isAllowed && box.checked ? "accept" : "reject"]));
      always = keep.checked;
    }
    this.world.person = await this.call("consents", { template_ids: tmplIds, answers, always });
    return answers;
  }

  async settings() {
    const names = Object.keys(this.world.person.scopes);
    const boxes = names.map((name) => make("input", { type: "checkbox", checked: this.world.person.scopes[name], "data-name": name }));
    const rows = boxes.map((box) => make("li", {}, make("label", {}, make("span", {}, SCOPES[box.dataset.name] || box.dataset.name), box)));
    const kept = Object.entries(this.world.person.kept_answers).map(([id, answer]) => {
      const box = make("input", { type: "checkbox", checked: answer === "accept", "data-template": id });
      return { box, node: make("li", {}, make("label", {}, make("span", {}, this.world.templates[id]?.title || id, make("small", {}, "订阅消息")), box)) };
    });
    const body = [make("ul", { class: "mph-rows" }, ...rows, ...kept.map((one) => one.node))];
    if (!rows.length && !kept.length) body[0] = make("p", { class: "mph-who" }, "还没有用过需要授权的功能。");
    await dialogs.sheet({ title: "设置", body, yes: "完成", no: "" });
    this.world.person = await this.call("", { scopes: Object.fromEntries(boxes.map((box) => [box.dataset.name, box.checked])) });
    for (const { box } of kept) {
      const answer = box.checked ? "accept" : "reject";
      if (answer !== this.world.person.kept_answers[box.dataset.template]) this.world.person = await this.call("settings", { template_id: box.dataset.template, answer });
    }
    return { authSetting: this.world.person.scopes, errMsg: "openSetting:ok" };
  }

  async avatar() {
    await this.privacy();
    const [file] = await chosenFiles("选择头像", false);
    return { avatarUrl: this.world.files.keep(file) };
  }

  userInfo() {
    return { userInfo: { nickName: "微信用户", gender: 0, avatarUrl: "", city: "", province: "", country: "", language: "" }, rawData: "{}", errMsg: "getUserInfo:ok" };
  }

  async contact() {
    await this.call("contact", {});
    await dialogs.tell("客服会话", "已进入会话：客服接口可在一分钟内回复两条，回复出现在公众号的聊天里。");
    return { path: "", query: {} };
  }

  // place and scanning -------------------------------------------------------------------

  async location(scope = "scope.userLocation") {
    await this.privacy();
    await this.scope(scope);
    const [name, latitude, longitude] = PLACES[this.place];
    return { name, latitude, longitude, speed: 0, accuracy: 30, altitude: 0, verticalAccuracy: 0, horizontalAccuracy: 30 };
  }

  async choosePlace() {
    const at = await dialogs.actionSheet(PLACES.map(([name]) => name), "手机现在在哪里");
    if (at >= 0) this.place = at;
    return at >= 0 ? PLACES[at] : null;
  }

  // The text of a code: pasted, from a picture, or off the screen of another phone of the desk.
  async scan({ onlyFromCamera = false } = {}) {
    const input = make("input", { type: "text", "aria-label": "码里的文字", placeholder: "粘贴码里的文字" });
    const file = make("input", { type: "file", accept: "image/*", "aria-label": "选择二维码图片" });
    const note = make("p", { class: "mph-who", role: "status" });
    const others = await this.world.otherScreens();
    const codes = make("div", { class: "mph-codes" }, ...others.map(({ words, text, picture }) => make("button", { type: "button", title: text, onclick: () => { input.value = text; input.closest(".mph-shade").finish(true); } }, picture ? make("img", { src: picture, alt: "" }) : null, words)));
    file.addEventListener("change", async () => {
      const text = await readFile(file.files[0]);
      note.textContent = text ? "已识别" : "这张图片里没有识别出二维码";
      input.value = text;
    });
    const body = [make("div", { class: "mph-field" }, input), onlyFromCamera ? null : make("div", { class: "mph-field" }, file), others.length ? make("p", { class: "mph-who" }, "其他手机屏幕上的码") : null, codes, note].filter(Boolean);
    if (!(await dialogs.sheet({ title: "扫一扫", body, yes: "扫描", no: "取消" })) || !input.value.trim()) throw new Failure("cancel");
    return input.value.trim();
  }

  functions() {
    return {
      login: answering("login", async () => ({ code: (await this.call("login")).code })),
      checkSession: answering("checkSession", () => { if (!this.world.person.session_key) throw new Failure("session_key is not existed"); }),
      requestSubscribeMessage: answering("requestSubscribeMessage", ({ tmplIds }) => this.subscribe(tmplIds)),
      getSetting: answering("getSetting", ({ withSubscriptions }) => ({
        authSetting: this.world.person.scopes,
        ...(withSubscriptions ? { subscriptionsSetting: { mainSwitch: true, itemSettings: this.world.person.kept_answers } } : {}),
      })),
      openSetting: answering("openSetting", () => this.settings()),
      authorize: answering("authorize", async ({ scope }) => { await this.privacy(); await this.scope(scope); }),
      getPrivacySetting: answering("getPrivacySetting", () => ({ needAuthorization: !this.isPrivacyAgreed, privacyContractName: `《${this.world.account.mini}隐私保护指引》` })),
      requirePrivacyAuthorize: answering("requirePrivacyAuthorize", () => this.privacy()),
      onNeedPrivacyAuthorization: (run) => { this.hasPrivacyListener = true; this.privacyWanted.on(run); },
      openPrivacyContract: answering("openPrivacyContract", async () => { await dialogs.tell("隐私保护指引", "沙盒里只有这一页。"); }),
      getLocation: answering("getLocation", () => this.location()),
      getFuzzyLocation: answering("getFuzzyLocation", () => this.location("scope.userFuzzyLocation")),
      chooseLocation: answering("chooseLocation", async () => {
        const place = await this.choosePlace();
        if (!place) throw new Failure("cancel");
        return { name: place[0], address: place[0], latitude: place[1], longitude: place[2] };
      }),
      openLocation: answering("openLocation", async ({ name = "", address = "", latitude, longitude }) => { await dialogs.tell(name || "位置", `${address}\n${latitude}，${longitude}`); }),
      scanCode: answering("scanCode", async (options) => {
        await this.privacy();
        const result = await this.scan(options);
        return { result, scanType: "QR_CODE", charSet: "utf-8", path: "", rawData: btoa(unescape(encodeURIComponent(result))) };
      }),
      getUserProfile: answering("getUserProfile", () => this.userInfo()),
      getUserInfo: answering("getUserInfo", () => this.userInfo()),
    };
  }
}

const masked = (number) => `${number.slice(0, 3)}****${number.slice(7)}`;

export async function chosenFiles(title, isMany, accept = "image/*") {
  const input = make("input", { type: "file", accept, multiple: isMany, "aria-label": title });
  if (!(await dialogs.sheet({ title, body: [input], yes: "完成", no: "取消" })) || !input.files.length) throw new Failure("cancel");
  return [...input.files];
}
