// WXSS becomes CSS: imports are put in, rpx follows the frame's width, tags and scopes are renamed.
import { BUILT_IN } from "./names.js";
import { resolve } from "./paths.js";

const COMMENT = /\/\*[\s\S]*?\*\//g;
const IMPORT = /@import\s+(?:url\()?["']([^"']+)["']\)?\s*;/g;
const RPX = /(-?\d*\.?\d+)rpx\b/g;
const TAG = new RegExp(`(^|[\\s>+~,(])(${[...BUILT_IN].join("|")})(?=$|[\\s>+~,.:#\\[)])`, "g");

function gathered(tree, path, seen) {
  if (seen.has(path)) return "";
  seen.add(path);
  const text = tree[path];
  if (text === undefined) throw new Error(`找不到样式文件 ${path}`);
  return text.replace(COMMENT, "").replace(IMPORT, (_, wanted) => {
    const file = resolve(path, wanted.endsWith(".wxss") ? wanted : `${wanted}.wxss`);
    return gathered(tree, file, seen);
  });
}

// One selector list. Strings in attribute selectors keep their words.
function selector(text, scope) {
  let told = text.replace(TAG, "$1wx-$2").replace(/(^|[\s>+~,])page(?=$|[\s>+~,.:#[])/g, "$1wx-page");
  if (scope) {
    told = told.replace(/\.(-?[_a-zA-Z\u0080-\uffff][\w\u0080-\uffff-]*)/g, `.${scope}--$1`);
    told = told.replace(/:host\b/g, `[wx-host="${scope}"]`);
  }
  return told;
}

// Blocks are walked by hand: @media holds rules, @keyframes and @font-face hold none.
function rules(text, scope) {
  let told = "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) return told + text.slice(at);
    const head = text.slice(at, open);
    const close = end(text, open);
    const body = text.slice(open + 1, close);
    const name = head.trim();
    if (/^@(media|supports)/.test(name)) told += `${head}{${rules(body, scope)}}`;
    else if (name.startsWith("@")) told += `${head}{${body}}`;
    else told += `${selector(head, scope)}{${body}}`;
    at = close + 1;
  }
  return told;
}

function end(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

// The CSS of a WXSS file; "" when there is none. A scope goes before each class name.
export function css(tree, path, scope = "") {
  if (tree[path] === undefined) return "";
  return sized(rules(gathered(tree, path, new Set()), scope));
}

// 750 rpx are the frame's width.
export const sized = (text) => text.replace(RPX, (_, number) => `${Number((Number(number) / 7.5).toFixed(5))}vw`);
