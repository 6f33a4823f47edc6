// WeChat's own component framework and template compiler, as npm gives them: CommonJS for Node.
// Their texts run here with the few modules of Node they ask for (eval: this page only).

async function text(name) {
  const answer = await fetch(`/static/vendor/${name}`);
  if (!answer.ok) throw new Error(`缺少 ${name}：请先运行 deploy/install-assets`);
  return answer.text();
}

function run(source, modules, name) {
  const module = { exports: {} };
  const require = (wanted) => {
    if (!(wanted in modules)) throw new Error(`${name} asks for ${wanted}`);
    return modules[wanted];
  };
  new Function("require", "module", "exports", "__dirname", `${source}\n//# sourceURL=${name}`)(require, module, module.exports, "");
  return module.exports;
}

export async function loadVendor() {
  const [easelText, adapterText, compilerText, wasm] = await Promise.all([
    text("glass_easel.all.js"),
    text("glass_easel_miniprogram_adapter.js"),
    text("glass_easel_template_compiler.js"),
    fetch("/static/vendor/glass_easel_template_compiler_bg.wasm").then((answer) => answer.arrayBuffer()),
  ]);
  const easel = run(easelText, {}, "glass-easel");
  const adapter = run(adapterText, { "glass-easel": easel }, "glass-easel-miniprogram-adapter");
  const compiler = run(compilerText, {
    util: { TextDecoder, TextEncoder },
    path: { join: (...parts) => parts.join("/") },
    fs: { readFileSync: () => new Uint8Array(wasm) },
  }, "glass-easel-template-compiler");
  return { easel, adapter, TmplGroup: compiler.TmplGroup };
}
