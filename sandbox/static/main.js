// The desk: which phones stand on it, the stream that feeds them, the clock and the dialogs.
import * as api from "./api.js";
import { make } from "./bubbles.js";
import { Phone } from "./phone.js";
import { codesOnScreens, readFile } from "./scanning.js";

const KEY = "sandbox.phones";
const MOST = 12;
const find = (id) => document.getElementById(id);
const phones = new Map();
const desk = { account: null, toast, closeViews, remove, scan, pressed, bring, subscribe };
let source = null;

function toast(words) {
  const node = find("toast");
  node.textContent = words;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 3500);
}

// phones on the desk ---------------------------------------------------------------

async function put(openid) {
  if (phones.has(openid)) return;
  if (phones.size >= MOST) return toast(`桌上最多放 ${MOST} 部手机`);
  const phone = new Phone(openid, desk);
  phones.set(openid, phone);
  find("phones").append(phone.node);
  try {
    await phone.load();
  } catch {
    phones.delete(openid); // the person is gone: the sandbox was started afresh
    phone.node.remove();
  }
}

function remove(openid) {
  phones.get(openid)?.node.remove();
  phones.delete(openid);
  changed();
}

function changed() {
  localStorage.setItem(KEY, JSON.stringify([...phones.keys()]));
  find("empty").hidden = phones.size > 0;
  find("phones").hidden = phones.size === 0;
  source?.close();
  source = api.listen([...phones.keys()], take, connected);
}

function take(news) {
  if (news.clock) setClock(news.clock);
  if (news.openid) phones.get(news.openid)?.take(news);
}

let wasLost = false;
function connected(isOn) {
  const line = find("line");
  line.textContent = isOn ? "实时" : "连接断开，重试中";
  line.className = `line ${isOn ? "on" : "off"}`;
  if (isOn && wasLost) refresh();
  else if (isOn) for (const phone of phones.values()) phone.catchUp().catch((error) => toast(error.message));
  wasLost = !isOn;
}

// Cookies know no phones, so one page is open at a time.
function closeViews(opening) {
  const others = [...phones.values()].filter((phone) => phone.isWeb && phone !== opening);
  for (const phone of others) phone.closeView();
  if (others.length) toast(`一次只能打开一部手机的网页，${others[0].person.name}的已收起`);
}

// the clock -------------------------------------------------------------------------

let clock = { time: 0, rate: 1, at: 0 };
const SHOWN = { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", weekday: "short",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };

function setClock(told) {
  clock = { ...told, at: performance.now() };
  tick();
}

function tick() {
  const now = clock.time + ((performance.now() - clock.at) / 1000) * clock.rate;
  find("time").textContent = new Date(now * 1000).toLocaleString("zh-CN", SHOWN) + (clock.rate === 0 ? "（已停）" : "");
}

// dialogs ---------------------------------------------------------------------------

function ask(id, done) {
  const dialog = find(id);
  const form = dialog.querySelector("form");
  form.reset();
  dialog.querySelector("[value=cancel]").onclick = () => dialog.close("cancel");
  dialog.onclose = () => { if (dialog.returnValue === "ok") done(new FormData(form)); };
  dialog.returnValue = "";
  dialog.showModal();
}

// Scanning: the text of a code, a picture of it, a code on another phone's screen, or a bare scene.
async function scan(phone, done) {
  const text = find("scan-dialog").querySelector("[name=text]");
  const codes = find("codes");
  codes.replaceChildren();
  ask("scan-dialog", (given) => {
    const [told, scene] = [given.get("text").trim(), given.get("scene").trim()];
    if (told) done({ text: told });
    else if (scene) done({ scene });
  });
  const found = await codesOnScreens(document, phone.view?.querySelector("iframe")?.contentWindow);
  codes.replaceChildren(...found.map((one) => make("button", { type: "button", title: one.text, onclick: () => { text.value = one.text; } },
    make("img", { src: one.picture, alt: "" }), one.words)));
}

async function readPicture(event) {
  const text = await readFile(event.target.files[0]);
  find("scan-dialog").querySelector("[name=text]").value = text;
  if (!text) toast("这张图片里没有识别出二维码");
}

// A menu button of any kind, pressed on this phone.
async function pressed(phone, button) {
  if (["click", "view", "miniprogram"].includes(button.type)) return phone.act("menu", { key: button.key || button.url });
  const key = button.key || button.name;
  const press = (body) => phone.act("press", { key, ...body });
  if (button.type.startsWith("scancode")) return scan(phone, async ({ text, scene }) => phone.follow(await press({ scanned: text || scene })));
  if (button.type.startsWith("pic_")) return bring("picture", press);
  if (button.type === "location_select") return bring("location", press);
  return toast("这种菜单直接下发素材，手机上没有动作");
}

// Voice, picture, place or link: a dialog asks, `done` sends.
function bring(kind, done) {
  ask(`${kind}-dialog`, async (given) => {
    const body = Object.fromEntries([...given].filter(([, value]) => typeof value === "string"));
    if (kind === "location") {
      const [label, latitude, longitude] = body.place.split("|");
      return done({ label: body.label || label, latitude: Number(latitude), longitude: Number(longitude) });
    }
    if (kind === "voice") return done({ recognition: body.recognition, seconds: Math.max(1, Math.min(60, Math.ceil(body.recognition.length / 3))) });
    if (kind !== "picture") return done(body);
    const file = given.get("file");
    if (!file?.size) return toast("请选一张图片");
    return done({ name: file.name, data: await asAddress(file) });
  });
}

const asAddress = (file) => new Promise((done, fail) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.onerror = () => fail(reader.error);
  reader.readAsDataURL(file);
});

// The account's own notifications: the dialog that an article or page of it would open.
function subscribe(done) {
  const rows = desk.account.templates.map((one) => make("label", { class: "check" }, make("input", { type: "checkbox", name: one.id, checked: true }), one.title));
  find("subscribe-rows").replaceChildren(...rows);
  ask("subscribe-dialog", (given) => {
    const ids = desk.account.templates.map((one) => one.id).slice(0, 3);
    done({ template_ids: ids, answers: Object.fromEntries(ids.map((id) => [id, given.get(id) ? "accept" : "reject"])) });
  });
}

async function addPerson(given) {
  try {
    const told = await api.add(given.get("name").trim());
    const { openid } = told.people[0];
    await put(openid);
    changed();
    if (given.get("follow")) await api.act(openid, "follow");
    phones.get(openid)?.node.scrollIntoView({ behavior: "smooth", inline: "center" });
  } catch (error) {
    toast(error.message);
  }
}

async function showPeople() {
  const told = await api.search(find("search").value);
  find("found").textContent = `共 ${told.total} 人${told.total > told.people.length ? `，只列出前 ${told.people.length} 人` : ""}`;
  find("people").replaceChildren(...told.people.map((person) => {
    const box = make("input", { type: "checkbox", checked: phones.has(person.openid) });
    box.addEventListener("change", async () => {
      if (box.checked) { await put(person.openid); changed(); } else remove(person.openid);
      box.checked = phones.has(person.openid);
    });
    const state = person.following ? (person.unread ? `${person.unread} 条未读` : "") : "未关注";
    return make("li", {}, make("label", {}, box, person.name, make("small", {}, state)));
  }));
}

// beginning ---------------------------------------------------------------------------

async function showAccount() {
  desk.account = await api.account();
  setClock(desk.account.clock);
  find("account").textContent = `${desk.account.name} · ${desk.account.kind === "service" ? "服务号" : "订阅号"}`;
}

// The stream was cut: the sandbox may be a new one with other people and another menu.
async function refresh() {
  try {
    await showAccount();
  } catch (error) {
    return toast(error.message);
  }
  for (const phone of [...phones.values()]) {
    try {
      await phone.load();
    } catch {
      remove(phone.openid);
    }
  }
}

async function start() {
  await showAccount();
  let kept = JSON.parse(localStorage.getItem(KEY) || "[]");
  if (!kept.length) kept = (await api.search("")).people.slice(0, 3).map((person) => person.openid);
  for (const openid of kept) await put(openid);
  changed();
}

let typing = 0;
find("search").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(showPeople, 200); });
find("search").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
find("choose").addEventListener("click", () => { find("choose-dialog").showModal(); showPeople(); });
find("add").addEventListener("click", () => ask("add-dialog", addPerson));
for (const button of document.querySelectorAll("[data-advance]"))
  button.addEventListener("click", () => api.advance(Number(button.dataset.advance)).catch((error) => toast(error.message)));
document.addEventListener("pointerdown", (event) => {
  for (const phone of phones.values()) {
    if (!phone.bar.contains(event.target)) phone.closeSubs();
    if (!phone.owner.contains(event.target)) phone.list.hidden = true;
  }
});
find("picture").addEventListener("change", (event) => readPicture(event).catch((error) => toast(error.message)));
window.addEventListener("message", (event) => {
  const phone = event.origin === location.origin ? phones.get(event.data?.mini) : null;
  if (phone && event.data.close) phone.closeView();
  if (phone && event.data.scanned) phone.scanned({ text: event.data.scanned });
});
setInterval(tick, 1000);
start().catch((error) => toast(error.message));
