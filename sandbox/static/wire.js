// The platform's side: every call and push as it went over the wire, the newest first.
import * as api from "./api.js";
import { make } from "./bubbles.js";

const find = (id) => document.getElementById(id);
const MOST = 300;
let rows = [];
let last = 0;
let base = "";
let chosen = null;
let isPaused = false;

const TIME = { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
const APPS = { official: "公众号", mini: "小程序", "": "" };
const STATES = { replied: "已回复", empty: "已收下", malformed: "回复不合格", failed: "没有收下", unsent: "没有推送" };

function toast(words) {
  const node = find("toast");
  node.textContent = words;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 3000);
}

// rows -----------------------------------------------------------------------------------

const isBad = (row) => Boolean(row.errcode) || row.state === "failed" || row.state === "malformed";

function outcome(row) {
  const words = row.what === "call" ? (row.errcode ? String(row.errcode) : "成功") : STATES[row.state] || row.state;
  return make("span", { class: `mark ${isBad(row) ? "bad" : "fine"}` }, words);
}

function line(row) {
  const isCall = row.what === "call";
  const title = isCall ? row.path : row.name;
  const about = isCall ? row.reason || subject(row) : `${row.person || row.openid}${row.attempt > 1 ? ` · 第 ${row.attempt} 次` : ""}`;
  const open = () => choose(row);
  const node = make("tr", { "data-id": row.id, "aria-selected": String(chosen?.id === row.id), onclick: open },
    make("td", { class: "at" }, new Date(row.at * 1000).toLocaleTimeString("zh-CN", TIME)),
    make("td", {}, make("span", { class: `mark ${isCall ? "in" : "out"}` }, `${isCall ? "调用" : "推送"}${APPS[row.app] ? " " + APPS[row.app] : ""}`)),
    make("td", { class: "what" }, make("button", { type: "button", onclick: open }, title), about ? make("small", {}, about) : null),
    make("td", {}, outcome(row)),
    make("td", { class: "number" }, row.left == null ? "" : row.left.toLocaleString("zh-CN")),
    make("td", { class: "number" }, row.ms.toFixed(1)));
  return node;
}

function subject(row) {
  const told = parsed(row.body);
  if (!told) return "";
  const to = told.touser || told.openid;
  return [Array.isArray(to) ? `${to.length} 人` : to, told.msgtype || told.template_id].filter(Boolean).join(" · ");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a file, or the bad body that was refused
  }
}

function draw() {
  find("rows").replaceChildren(...rows.map(line));
  find("empty").hidden = rows.length > 0;
  find("count").textContent = rows.length ? `${rows.length} 条${isPaused ? "（已暂停）" : ""}` : "";
}

// one of them ------------------------------------------------------------------------------

function pretty(text) {
  const told = parsed(text);
  return told ? JSON.stringify(told, null, 2) : indented(text);
}

function indented(text) {
  if (!text.startsWith("<")) return text;
  return text.replace(/(<\/?[A-Za-z]\w*>)(?=<\/?[A-Za-z]\w*>)/g, "$1\n").replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, inner) => inner);
}

function block(title, text) {
  return text ? [make("h3", {}, title), make("pre", { tabindex: "0" }, text)] : [];
}

function facts(pairs) {
  return make("dl", {}, ...pairs.filter(([, value]) => value !== "" && value != null).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

function choose(row) {
  chosen = row;
  for (const node of find("rows").children) node.setAttribute("aria-selected", String(Number(node.dataset.id) === row.id));
  const when = new Date(row.at * 1000).toLocaleString("zh-CN", { ...TIME, year: "numeric", month: "2-digit", day: "2-digit" });
  find("detail").replaceChildren(...(row.what === "call" ? callDetail(row, when) : pushDetail(row, when)));
}

function callDetail(row, when) {
  const query = Object.entries(row.query).map(([name, value]) => `${name}=${value}`).join("&");
  const copy = make("button", { type: "button", onclick: () => copied(curl(row)) }, "复制为 curl");
  return [
    make("h2", {}, `${row.method} ${row.path}`), outcome(row),
    row.errcode ? make("p", { class: "why" }, [row.reason || "没有说明", row.fault ? `（情景：${row.fault}）` : ""].join("")) : "",
    facts([["时间", when], ["账号", APPS[row.app]], ["来自", row.client], ["今日剩余额度", row.left?.toLocaleString("zh-CN")], ["用时", `${row.ms} 毫秒`]]),
    ...block("参数", query), ...block("请求", pretty(row.body)), ...block("答复", pretty(row.answer)),
    make("div", { class: "acts" }, copy),
  ].filter(Boolean);
}

function pushDetail(row, when) {
  return [
    make("h2", {}, row.name), outcome(row),
    row.reason ? make("p", { class: "why" }, row.reason) : "",
    facts([["时间", when], ["账号", APPS[row.app]], ["人", `${row.person} ${row.openid}`.trim()], ["第几次", row.attempt], ["HTTP", row.status || "没有答复"], ["用时", `${row.ms} 毫秒`]]),
    ...block("解密后的正文", row.xml.startsWith("{") ? pretty(row.xml) : indented(row.xml)),
    ...block("被动回复", row.reply ? JSON.stringify(row.reply, null, 2) : ""),
    make("div", { class: "acts" }, make("button", { type: "button", onclick: () => copied(row.xml) }, "复制正文")),
  ].filter(Boolean);
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// Secrets stay masked: put one's own in their place.
function curl(row) {
  const query = Object.entries(row.query).map(([name, value]) => `${name}=${["access_token", "secret", "refresh_token"].includes(name) ? "***" : encodeURIComponent(value)}`).join("&");
  const body = row.method === "POST" && row.body && !row.body.startsWith("（") ? ` \\\n  -H 'Content-Type: application/json' \\\n  --data-raw ${quoted(row.body)}` : "";
  return `curl -sS -X ${row.method} ${quoted(`${base}${row.path}${query ? `?${query}` : ""}`)}${body}`;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已复制，密钥已隐去");
  } catch {
    const area = make("textarea", { "aria-label": "请手工复制" });
    area.value = text;
    find("detail").append(area);
    area.select();
    toast("浏览器不让写剪贴板，请手工复制");
  }
}

// asking again and again -------------------------------------------------------------------

function asked() {
  const given = new FormData(find("filters"));
  return Object.fromEntries([...given].filter(([, value]) => value !== ""));
}

async function bring(isFresh) {
  const told = await api.wire({ ...asked(), limit: MOST, after: isFresh ? 0 : last });
  base = told.base;
  if (told.last < last) isFresh = true; // another sandbox, or it was cleared
  last = told.last;
  if (isFresh) rows = told.wire;
  else if (told.wire.length) rows = [...told.wire, ...rows].slice(0, MOST);
  else return;
  draw();
}

async function watch() {
  try {
    if (!isPaused) await bring(false);
    connected(true);
  } catch (error) {
    connected(false, error.message);
  }
  setTimeout(watch, 1000);
}

function connected(isOn, why = "") {
  const line_ = find("line");
  line_.textContent = isOn ? (isPaused ? "已暂停" : "实时") : "连接断开，重试中";
  line_.title = why;
  line_.className = `line ${isOn ? "on" : "off"}`;
}

find("filters").addEventListener("input", () => bring(true).catch((error) => toast(error.message)));
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  find("pause").setAttribute("aria-pressed", String(isPaused));
  find("pause").textContent = isPaused ? "继续" : "暂停";
  if (!isPaused) bring(true).catch((error) => toast(error.message));
  draw();
});
find("clear").addEventListener("click", async () => {
  await api.clearWire();
  await bring(true);
  find("detail").replaceChildren(make("p", { class: "hint" }, "点一行看全文。"));
});

const account = await api.account();
find("account").textContent = `${account.name} · ${account.kind === "service" ? "服务号" : "订阅号"}`;
await bring(true);
draw();
watch();
