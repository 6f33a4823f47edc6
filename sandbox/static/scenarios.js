// Named scenarios, each started by one button; what is still to go wrong, and the clock.
import * as api from "./api.js";
import { make } from "./bubbles.js";

const find = (id) => document.getElementById(id);
const NUMBERS = new Set(["times", "n", "skip", "left", "limit", "delay_ms"]);
let clock = { time: 0, rate: 1, at: 0 };

function toast(words) {
  const node = find("toast");
  node.textContent = words;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 3500);
}

const attempt = (act) => async (...given) => {
  try {
    await act(...given);
  } catch (error) {
    toast(error.message);
  }
};

function card(scene) {
  const form = make("form", { class: "scene" }, make("h3", {}, scene.title), make("p", {}, scene.about));
  for (const [name, words] of Object.entries(scene.fields))
    form.append(make("label", {}, `${words}（${name}）`, make("input", { name, type: NUMBERS.has(name) ? "number" : "text", min: NUMBERS.has(name) ? "0" : null, autocomplete: "off" })));
  const told = make("output", {});
  form.append(told, make("footer", {}, make("code", {}, scene.name), make("button", { class: "strong" }, "开始")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = {};
    for (const [name, value] of new FormData(form)) if (value !== "") body[name] = NUMBERS.has(name) ? Number(value) : value;
    try {
      told.textContent = (await api.play(scene.name, body)).did.join("\n");
      told.className = "";
    } catch (error) {
      told.textContent = error.message;
      told.className = "bad";
    }
    await refresh();
  });
  return form;
}

function drawScenes(scenes) {
  const groups = Map.groupBy ? Map.groupBy(scenes, (one) => one.group) : scenes.reduce((all, one) => all.set(one.group, [...(all.get(one.group) || []), one]), new Map());
  find("scenes").replaceChildren(...[...groups].flatMap(([group, part]) => [make("h2", {}, group), make("div", { class: "cards" }, ...part.map(card))]));
}

function words(fault) {
  if (fault.push) return `${fault.push}：${fault.how}，还有 ${fault.times} 次`;
  const how = [fault.errcode != null ? `答 ${fault.errcode}` : "", fault.drop ? `断在${fault.drop === "before" ? "之前" : "之后"}` : "", fault.delay_ms ? `多等 ${fault.delay_ms} 毫秒` : "", fault.unfollows ? "收件人取消关注" : "", fault.advance_seconds ? `之后时钟走 ${fault.advance_seconds} 秒` : ""].filter(Boolean).join("，");
  const times = fault.times >= 1e6 ? "一直" : `还有 ${fault.times} 次`;
  return `${fault.path}：${fault.skip ? `放过 ${fault.skip} 次后，` : ""}${how}，${times}`;
}

async function refresh() {
  const told = await api.scenarios();
  const running = [...told.running.calls, ...told.running.pushes];
  find("running").replaceChildren(...(running.length ? running.map((fault) => make("li", {}, fault.why ? make("strong", {}, `${fault.why} `) : null, words(fault))) : [make("li", { class: "hint" }, "没有，一切照常")]));
  setClock(told.clock);
  return told;
}

const SHOWN = { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };

function setClock(told) {
  clock = { ...told, at: performance.now() };
  if (document.activeElement !== find("rate")) find("rate").value = String(told.rate);
  tick();
}

function tick() {
  const now = clock.time + ((performance.now() - clock.at) / 1000) * clock.rate;
  find("time").textContent = new Date(now * 1000).toLocaleString("zh-CN", SHOWN);
}

for (const button of document.querySelectorAll("[data-advance]"))
  button.addEventListener("click", attempt(async () => setClock(await api.advance(Number(button.dataset.advance)))));
find("set").addEventListener("click", attempt(async () => {
  const told = find("moment").value;
  const body = { rate: Number(find("rate").value) };
  if (told) body.time = Date.parse(`${told}+08:00`) / 1000;
  setClock(await api.setClock(body));
}));
find("end").addEventListener("click", attempt(async () => { await api.endScenarios(); await refresh(); }));

const account = await api.account();
find("account").textContent = `${account.name} · ${account.kind === "service" ? "服务号" : "订阅号"}`;
drawScenes((await refresh()).scenarios);
setInterval(tick, 1000);
setInterval(attempt(refresh), 3000);
