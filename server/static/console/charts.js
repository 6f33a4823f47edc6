// A chart of the table it stands beside: <div class="chart" data-chart="bars" data-of="table id">.
// The table has all there is; the chart adds nothing but the sight of it, and is hidden from readers.
"use strict";
(() => {
  const INK = "#1f2937", COLOURS = ["#b3201f", "#1d4f91", "#2f6f3e", "#8a5a00", "#5b3a8c", "#0f6b74", "#6b4300", "#444444"];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  function rows(table) {
    return [...table.querySelectorAll("tbody tr")].map((row) => ({
      label: row.cells[0].textContent.trim(),
      values: [...row.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value === "" ? null : Number(cell.dataset.value)),
    }));
  }

  function options(kind, table, narrow) {
    const found = rows(table);
    const names = [...table.querySelectorAll("thead [data-series]")].map((cell) => cell.textContent.trim());
    const several = names.length > 1;
    const text = { color: INK, fontSize: 13, fontFamily: "inherit" };
    const cut = (value) => value.length > (narrow ? 8 : 14) ? value.slice(0, narrow ? 7 : 13) + "…" : value;
    const stacked = kind === "shares";
    return {
      animation: !calm,
      color: COLOURS,
      aria: { enabled: true, decal: { show: several } },
      grid: { left: 8, right: narrow ? 40 : 56, top: several ? 40 : 8, bottom: 8, containLabel: true },
      legend: several ? { type: "scroll", top: 0, textStyle: text } : undefined,
      xAxis: { type: "value", max: stacked ? 100 : undefined, axisLabel: stacked ? { formatter: "{value}%", ...text } : text, minInterval: 1, splitNumber: narrow ? 3 : 5 },
      yAxis: { type: "category", inverse: true, data: found.map((row) => row.label), axisLabel: { ...text, formatter: cut }, axisTick: { show: false } },
      series: (several ? names : [""]).map((name, no) => ({
        name, type: "bar", stack: stacked ? "all" : undefined, barMaxWidth: 22,
        data: found.map((row) => row.values[no] ?? 0),
        label: several ? undefined : { show: true, position: "right", color: INK, fontSize: 13 },
      })),
    };
  }

  function draw(place) {
    const table = document.getElementById(place.dataset.of);
    if (!table || !table.querySelector("tbody tr")) { place.hidden = true; return; }
    const lines = table.querySelectorAll("tbody tr").length;
    const series = table.querySelectorAll("thead [data-series]").length;
    place.style.height = `${Math.max(120, lines * 34 + (series > 1 ? 70 : 40))}px`;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    const fit = () => { chart.resize(); chart.setOption(options(place.dataset.chart, table, place.clientWidth < 420), true); };
    fit();
    addEventListener("resize", fit);
    addEventListener("beforeprint", fit);
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-chart]").forEach(draw));
})();
