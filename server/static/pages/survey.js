// Shows and hides questions by the answers above them while one writes. The server decides again
// when the form is saved; without this script it alone decides.
(() => {
  const form = document.querySelector("[data-survey]");
  if (!form) return;
  const rows = [...form.querySelectorAll("[data-question]")];
  if (!rows.some((row) => row.dataset.condition)) return;

  const ticked = (row) => [...row.querySelectorAll("input:checked")].map((each) => Number(each.closest("[data-no]")?.dataset.no || 0));
  const ranked = (row) => [...row.querySelectorAll("select")]
    .map((each, at) => (each.value ? at + 1 : 0)).filter(Boolean);
  const number = (row) => {
    const field = row.querySelector("input[type=radio]:checked, input[type=date], input[type=text]");
    if (!field || !field.value) return null;
    const value = Number(field.type === "date" ? field.value.replaceAll("-", "") : field.value);
    return Number.isFinite(value) ? value : null;
  };
  const isAnswered = (row) => (row.dataset.kind === "ranking" ? ranked(row).length > 0
    : [...row.querySelectorAll("input:not([type=hidden]), textarea")].some((each) =>
      each.value !== "-" && (["radio", "checkbox"].includes(each.type) ? each.checked : each.value.trim() !== "")));

  const holds = (term, shown) => {
    if (!("question" in term)) return true; // what is known was decided before the page was made
    const row = shown.get(term.question);
    if (!row) return term.is === "not_chosen";
    if (term.is === "answered") return isAnswered(row);
    if (term.is === "less" || term.is === "more") {
      const value = number(row);
      return value !== null && (term.is === "less" ? value < term.number : value > term.number);
    }
    const chosen = row.dataset.kind === "ranking" ? ranked(row) : ticked(row);
    return term.options.some((no) => chosen.includes(no)) === (term.is === "chosen");
  };

  const look = () => {
    const shown = new Map();
    for (const row of rows) {
      const condition = row.dataset.condition ? JSON.parse(row.dataset.condition) : null;
      const isShown = !condition || (condition.any
        ? condition.any.some((term) => holds(term, shown))
        : condition.all.every((term) => holds(term, shown)));
      row.hidden = !isShown;
      if (!isShown) continue;
      shown.set(Number(row.dataset.question), row);
      const no = row.querySelector("[data-no-of]");
      if (no) no.textContent = shown.size;
    }
    for (const table of form.querySelectorAll(".survey-table")) {
      table.hidden = [...table.querySelectorAll("[data-question]")].every((row) => row.hidden);
    }
    const count = document.querySelector("[data-count]");
    if (count) count.textContent = shown.size;
  };
  form.addEventListener("input", look);
  form.addEventListener("change", look);
})();
