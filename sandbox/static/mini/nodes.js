// The canvas node that a selector query gives: the native one with WeChat's extras.

export function addNode(host, canvas) {
  canvas.createImage = () => new Image();
  canvas.createImageData = (...given) => canvas.getContext("2d").createImageData(...given);
  canvas.requestAnimationFrame = (run) => requestAnimationFrame(run);
  canvas.cancelAnimationFrame = (id) => cancelAnimationFrame(id);
  canvas.createPath2D = (path) => new Path2D(path);
  host.wxNode = canvas;
}

// The adapter's query tells places and sizes, but no node: `fields({node: true})` is answered here.
export function nodesToo(query) {
  const wrap = (select, isMany) => (wanted) => {
    const component = query._$comp;
    const ref = select.call(query, wanted);
    const fields = ref.fields.bind(ref);
    ref.fields = (chosen, done) => {
      fields(chosen, (told) => {
        if (chosen.node && told) {
          const root = component._$.getShadowRoot();
          const found = isMany ? root.querySelectorAll(wanted) : [root.querySelector(wanted)];
          const nodes = found.map((one) => one?.getBackendElement()?.wxNode ?? null);
          if (isMany) told.forEach((row, at) => { row.node = nodes[at]; });
          else told.node = nodes[0];
        }
        done?.(told);
      });
      return query;
    };
    ref.node = (done) => ref.fields({ node: true }, done);
    return ref;
  };
  query.select = wrap(query.select, false);
  query.selectAll = wrap(query.selectAll, true);
  return query;
}
