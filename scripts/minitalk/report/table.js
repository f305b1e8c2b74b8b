// Enlarges a picture that is pressed. Sorts the table by a heading that is pressed, and shows only rows that hold every word of the filter.
"use strict";
const table = document.querySelector("table");
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const headings = Array.from(table.tHead.rows[0].cells);

function compare(a, b, column, sign) {
  const [x, y] = [a, b].map((row) => row.cells[column].dataset.sort);
  if (x === "" || y === "") return (x === "") - (y === "");  // what does not exist comes last
  const numbers = [Number(x), Number(y)];
  const order = numbers.some(Number.isNaN) ? x.localeCompare(y) : numbers[0] - numbers[1];
  return sign * order;
}

headings.forEach((heading, column) => {
  heading.firstElementChild.addEventListener("click", () => {
    // The first press brings what most want to see on top: words from A, figures from the greatest.
    const first = rows.some((row) => Number.isNaN(Number(row.cells[column].dataset.sort)))
      ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    const next = heading.getAttribute("aria-sort") === first ? other : first;
    headings.forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    body.append(...rows.slice().sort((a, b) => compare(a, b, column, sign)));
  });
});

const filter = document.getElementById("filter");
const count = document.getElementById("count");
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  count.textContent = `${shown} of ${rows.length} rows`;
});

document.querySelectorAll(".picture").forEach((picture) => {
  picture.addEventListener("click", () => picture.classList.toggle("large"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll(".large").forEach((picture) => picture.classList.remove("large"));
});
