// The mini program's code: templates compiled in the browser, scripts by CommonJS, components registered.
import { css } from "./styles.js";
import { resolve } from "./paths.js";

export class Loader {
  constructor(tree, vendor, globals) {
    this.tree = tree;
    this.vendor = vendor;
    this.globals = globals; // names every script sees: wx, App, getApp, getCurrentPages, Date
    this.modules = new Map();
    this.loaded = new Set();
    this.app = this.json("app.json");
    this.env = new vendor.adapter.MiniProgramEnv();
  }

  json(path) {
    const text = this.tree[path];
    if (text === undefined) return {};
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${path} 不是合格的 JSON：${error.message}`);
    }
  }

  // All templates go into one group, so that import, include and wxs find each other.
  compile() {
    const group = new this.vendor.TmplGroup();
    const wrong = [];
    for (const [path, text] of Object.entries(this.tree)) {
      if (path.endsWith(".wxs")) {
        group.addScript(path.slice(0, -4), text);
        group.addScript(path, text);
      }
      if (!path.endsWith(".wxml")) continue;
      for (const told of group.addTmpl(path.slice(0, -5), text)) {
        if (told.isError || told.level === "Warn") wrong.push(`${path}:${told.startLine + 1}:${told.startColumn + 1} ${told.message}`);
      }
    }
    if (wrong.length) throw new Error(wrong.join("\n"));
    const source = group.getTmplGenObjectGroups();
    group.free();
    this.templates = new Function("getRegExp", "getDate", `return ${source}`)(
      (...given) => new RegExp(...given), (...given) => new Date(...given));
  }

  builtInTemplate(text) {
    const group = new this.vendor.TmplGroup();
    group.addTmpl("", text);
    const groupList = new Function(`return ${group.getTmplGenObjectGroups()}`)();
    group.free();
    return { groupList, content: groupList[""] };
  }

  createSpace(builtIns) {
    this.space = this.env.createCodeSpace("", true);
    const space = this.space.getComponentSpace();
    for (const [name, definition] of builtIns) space.setGlobalUsingComponent(name, definition);
    this.appStyle = css(this.tree, "app.wxss");
    if (this.appStyle) addStyle(this.appStyle, "app");
  }

  // Register a page or component and what it uses, once. Raises with the file's name.
  register(path, isPage = false) {
    if (this.loaded.has(path)) return;
    this.loaded.add(path);
    if (this.tree[`${path}.wxml`] === undefined) throw new Error(`找不到 ${path}.wxml`);
    const config = this.json(`${path}.json`);
    const using = {};
    for (const [name, wanted] of Object.entries({ ...this.app.usingComponents, ...config.usingComponents })) {
      const target = resolve(`${path}.wxml`, wanted);
      using[name] = `/${target}`;
      this.register(target);
    }
    const scope = isPage ? "" : `c${this.loaded.size}`;
    this.space.addComponentStaticConfig(path, { ...config, usingComponents: using, component: !isPage });
    this.space.addCompiledTemplate(path, { groupList: this.templates, content: this.templates[path] });
    const style = css(this.tree, `${path}.wxss`, scope);
    if (scope) {
      this.space.addStyleSheet(path, undefined, scope);
      if (style) addStyle(style, path);
    } else {
      this.pageStyles ??= new Map();
      this.pageStyles.set(path, style);
    }
    this.space.componentEnv(path, (given) => this.run(`${path}.js`, given));
  }

  styleOf(page) {
    return this.pageStyles.get(page) || "";
  }

  // A script with what it may name; a module runs once. Raises with the file that asked.
  run(path, given = {}) {
    if (this.modules.has(path)) return this.modules.get(path).exports;
    const text = this.tree[path];
    if (text === undefined) throw new Error(`找不到脚本 ${path}`);
    const module = { exports: {} };
    this.modules.set(path, module);
    const require = (wanted) => {
      const base = resolve(path, wanted);
      const found = [base, `${base}.js`, `${base}/index.js`].find((name) => name.endsWith(".js") && name in this.tree);
      if (!found) throw new Error(`${path} 里的 require("${wanted}") 找不到文件`);
      return this.run(found, given.Behavior ? { Behavior: given.Behavior } : {});
    };
    const names = { ...this.globals, Page: undefined, Component: undefined, Behavior: undefined, ...given };
    const body = `"use strict";\n${text}\n//# sourceURL=mini:///${path}`;
    new Function("require", "module", "exports", ...Object.keys(names), body)(
      require, module, module.exports, ...Object.values(names));
    return module.exports;
  }
}

export function addStyle(text, name) {
  const node = document.createElement("style");
  node.dataset.of = name;
  node.textContent = text;
  document.head.append(node);
  return node;
}
