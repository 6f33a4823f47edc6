// Messages as WeChat draws them. Everything becomes text nodes: nothing sent can run here.

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", nbsp: " " };
const plain = (text) => text.replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name) => ENTITIES[name]);
const attribute = (text, name) => {
  const found = text.match(new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`));
  return found ? (found[1] ?? found[2]).replaceAll("&amp;", "&") : "";
};

// Text with <a> links: bizmsgmenu links answer, web links open, mini programs only say so.
export function rich(text, acts) {
  const pieces = document.createDocumentFragment();
  let from = 0;
  for (const link of text.matchAll(/<a\s([^>]*)>([\s\S]*?)<\/a>/g)) {
    pieces.append(plain(text.slice(from, link.index)));
    pieces.append(linkNode(link[1], plain(link[2]), acts));
    from = link.index + link[0].length;
  }
  pieces.append(plain(text.slice(from)));
  return pieces;
}

function linkNode(attributes, words, acts) {
  const href = attribute(attributes, "href");
  if (href.startsWith("weixin://bizmsgmenu?"))
    return make("button", { type: "button", class: "tap", onclick: () => acts.tap({ href }) }, words);
  if (attribute(attributes, "data-miniprogram-appid"))
    return make("button", { type: "button", class: "tap", onclick: () => acts.mini(attribute(attributes, "data-miniprogram-path"), href) }, words);
  if (/^https?:\/\//.test(href))
    return make("button", { type: "button", class: "tap", title: href, onclick: () => acts.open(href) }, words);
  return document.createTextNode(words);
}

function newsCard(body, acts) {
  const [first, ...rest] = body.articles;
  const open = (article) => () => (article.url ? acts.open(article.url) : acts.toast("这篇没有链接"));
  const cover = make("div", { class: "cover" }, picture(first.cover), make("h3", {}, first.title));
  const head = make("button", { type: "button", class: "card", onclick: open(first) }, cover);
  if (!rest.length) {
    if (first.digest) head.append(make("p", {}, first.digest));
    return head;
  }
  const card = make("div", { class: "card" }, cover);
  cover.addEventListener("click", open(first));
  for (const article of rest)
    card.append(make("button", { type: "button", class: "piece", onclick: open(article) }, article.title, picture(article.cover)));
  return card;
}

function picture(address) {
  if (!/^https?:\/\//.test(address || "")) return null;
  const image = make("img", { src: address, alt: "", loading: "lazy" });
  image.addEventListener("error", () => image.remove());
  return image;
}

function templateCard(body, acts) {
  const rows = make("dl");
  for (const [label, value] of body.rows)
    rows.append(...(label ? [make("dt", {}, label), make("dd", {}, value)] : [make("dd", { class: "wide" }, value)]));
  const open = () => (body.program?.appid ? acts.mini(body.program.pagepath, body.url) : acts.open(body.url));
  const leads = Boolean(body.url || body.program?.appid);
  const more = leads ? make("div", { class: "more" }, make("span", {}, "详情"), make("span", { "aria-hidden": "true" }, "›")) : null;
  return make("button", { type: "button", class: "card", disabled: !leads, onclick: open },
    make("div", { class: "mark" }, body.mark ? `服务通知 · ${body.mark}` : "服务通知"), make("h3", {}, body.title), rows, more);
}

function programCard(body, acts) {
  const cover = make("div", { class: "cover" }, make("img", { src: `/mmbiz/${encodeURIComponent(body.cover)}`, alt: "" }), make("h3", {}, body.title));
  return make("button", { type: "button", class: "card", onclick: () => acts.mini(body.path, "") }, cover, make("p", {}, "小程序"));
}

// A voice with the words WeChat recognised below it.
function voice(body) {
  const mark = make("span", {}, `▶ ${body.seconds || ""}″`);
  return body.recognition ? make("div", {}, mark, make("small", { class: "sub" }, body.recognition)) : mark;
}

function content(message, acts) {
  const { kind, body } = message;
  if (kind === "text") return rich(body.text, acts);
  if (kind === "msgmenu") {
    const items = body.items.map((item) =>
      make("button", { type: "button", class: "tap", onclick: () => acts.tap({ content: item.content, id: item.id }) }, item.content));
    return make("div", {}, rich(body.head, acts), make("div", { class: "items" }, ...items), rich(body.tail, acts));
  }
  if (kind === "image") return make("img", { src: `/mmbiz/${encodeURIComponent(body.media_id)}`, alt: "图片" });
  if (kind === "voice") return voice(body);
  if (kind === "location") return make("div", {}, make("strong", {}, body.label || "位置"), make("small", { class: "sub" }, `${body.latitude.toFixed(4)}，${body.longitude.toFixed(4)}`));
  if (kind === "link") return make("div", {}, make("button", { type: "button", class: "tap", onclick: () => acts.open(body.url) }, body.title), body.digest ? make("small", { class: "sub" }, body.digest) : null);
  if (kind === "music") return make("button", { type: "button", class: "tap", onclick: () => acts.open(body.url) }, `♪ ${body.title}`);
  return `［${{ video: "视频", wxcard: "卡券" }[kind] || kind}］`;
}

// One message as a node; `faces` are the first letters of both sides.
export function draw(message, faces, acts) {
  if (message.by === "system") return make("div", { class: "grey" }, message.body.text);
  if (message.kind === "miniprogrampage") return programCard(message.body, acts);
  if (message.kind === "news") return newsCard(message.body, acts);
  if (message.kind === "template") return templateCard(message.body, acts);
  return make("div", { class: `row ${message.by}` },
    make("div", { class: "face", "aria-hidden": "true" }, faces[message.by]),
    make("div", { class: "bubble" }, content(message, acts)));
}

const DAY = { timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" };
export const when = (seconds) => make("div", { class: "when" }, new Date(seconds * 1000).toLocaleString("zh-CN", DAY));
